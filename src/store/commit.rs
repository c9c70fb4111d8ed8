//! The commit of a working copy, read from git's files without git.

use std::path::{Path, PathBuf};

/// The commit that is checked out in the nearest working copy from `start` upward. `None` where there
/// is none, or no commit yet.
#[must_use]
pub fn commit_of(start: &Path) -> Option<String> {
    let git = start
        .ancestors()
        .map(|folder| folder.join(".git"))
        .find(|p| p.exists())?;
    let git = folder_of(&git)?;
    let head = read(&git.join("HEAD"))?;
    let Some(reference) = head.strip_prefix("ref:").map(str::trim) else {
        return hash(&head);
    };
    // A reference is a path of its own; one that leads elsewhere is none.
    if !reference.starts_with("refs/") || reference.split('/').any(|part| part == "..") {
        return None;
    }
    // A further working tree has a HEAD of its own; branches lie in the common folder.
    let common = match read(&git.join("commondir")) {
        Some(path) => git.join(path),
        None => git.clone(),
    };
    [&git, &common]
        .into_iter()
        .find_map(|folder| hash(&read(&folder.join(reference))?))
        .or_else(|| packed(&read(&common.join("packed-refs"))?, reference))
}

/// The folder of git itself; in further working trees and submodules `.git` is a file that names it.
fn folder_of(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    let text = read(git)?;
    let named = text.strip_prefix("gitdir:")?.trim();
    Some(git.parent()?.join(named))
}

fn packed(text: &str, reference: &str) -> Option<String> {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(_, name)| name.trim() == reference)
        .and_then(|(commit, _)| hash(commit))
}

fn hash(text: &str) -> Option<String> {
    let is_hash = (40..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_hash.then(|| text.to_owned())
}

fn read(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs::{create_dir_all, write};

    const ONE: &str = "4f1c2ab5d2b6c8f0a1b2c3d4e5f60718293a4b5c";

    #[test]
    fn a_branch_a_packed_branch_a_detached_head() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        let deep = folder.path().join("src");
        create_dir_all(git.join("refs/heads")).unwrap();
        create_dir_all(&deep).unwrap();
        write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert_eq!(commit_of(&deep), None);
        write(
            git.join("packed-refs"),
            format!("# pack-refs\n{ONE} refs/heads/main\n"),
        )
        .unwrap();
        assert_eq!(commit_of(&deep).as_deref(), Some(ONE));
        let two = ONE.replace('4', "5");
        write(git.join("refs/heads/main"), format!("{two}\n")).unwrap();
        assert_eq!(commit_of(&deep), Some(two));
        write(git.join("HEAD"), ONE).unwrap();
        assert_eq!(commit_of(&deep).as_deref(), Some(ONE));
        write(git.join("HEAD"), "ref: refs/../../secret").unwrap();
        assert_eq!(commit_of(&deep), None);
        write(git.join("HEAD"), [0xff, 0]).unwrap();
        assert_eq!(commit_of(&deep), None);
    }

    #[test]
    fn a_further_working_tree() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join("main/.git");
        let own = git.join("worktrees/w");
        let tree = folder.path().join("w");
        for path in [&own, &git.join("refs/heads"), &tree] {
            create_dir_all(path).unwrap();
        }
        write(tree.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
        write(own.join("HEAD"), "ref: refs/heads/topic\n").unwrap();
        write(own.join("commondir"), "../..\n").unwrap();
        write(git.join("refs/heads/topic"), format!("{ONE}\n")).unwrap();
        assert_eq!(commit_of(&tree).as_deref(), Some(ONE));
    }
}

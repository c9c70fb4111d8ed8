//! Where known tools keep their logs.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders that editors give to the extensions that we know.
const EXTENSIONS: &[&str] = &[
    "saoudrizwan.claude-dev",
    "rooveterinaryinc.roo-cline",
    "kilocode.kilo-code",
];

/// Where known tools keep their logs: `./reports`, `./.orch-monitoring`, the session folders of
/// known agents below the home folder. Existing or not, in the order in which they are looked at; where
/// a part of a path depends on the machine, those that exist, or a path with `*` if there is none.
#[must_use]
pub fn usual_places() -> Vec<PathBuf> {
    places(&|name| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    })
}

fn places(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("reports"), PathBuf::from(".orch-monitoring")];
    let mut below = |folder: Option<PathBuf>, inner: &[&str]| {
        let Some(folder) = folder else { return };
        places.extend(inner.iter().flat_map(|inner| expand(&folder.join(inner))));
    };
    below(variable("CLAUDE_CONFIG_DIR"), &["projects"]);
    below(variable("CODEX_HOME"), &["sessions"]);
    let of_cline = ["tasks", "sessions"];
    below(variable("CLINE_DATA_DIR"), &of_cline);
    below(variable("CLINE_DIR").map(|f| f.join("data")), &of_cline);
    let home = variable("HOME").or_else(|| variable("USERPROFILE"));
    let shared = home.as_ref().map(|home| home.join(".local/share"));
    let of_opencode = variable("XDG_DATA_HOME")
        .or(shared)
        .map(|f| f.join("opencode"));
    below(variable("OPENCODE_DB"), &[""]);
    below(of_opencode.clone(), &["opencode*.db"]);
    // A database was made of the files of older versions, which stay where they were.
    let has_database = of_opencode
        .as_ref()
        .is_some_and(|f| expand(&f.join("opencode*.db")).iter().any(|db| db.exists()));
    if !has_database {
        below(of_opencode, &["storage/message", "storage/part"]);
    }
    if let Some(home) = home {
        let inner = [
            ".claude/projects",
            ".config/claude/projects",
            ".codex/sessions",
            ".gemini/tmp/*/chats",
        ];
        below(Some(home.clone()), &inner);
        below(Some(home.join(".cline/data")), &of_cline);
        for extension in EXTENSIONS {
            let tasks = format!("User/globalStorage/{extension}/tasks");
            let editors = variable("APPDATA").unwrap_or_else(|| {
                home.join(if cfg!(target_os = "macos") {
                    "Library/Application Support"
                } else {
                    ".config"
                })
            });
            below(Some(editors.join("*")), &[&tasks]);
            // Of editors that work on this machine from another one.
            let remote = home.join(".vscode-server/data").join(&tasks);
            if remote.exists() {
                below(Some(remote), &[""]);
            }
        }
    }
    let mut seen = HashSet::new();
    places.retain(|place| seen.insert(place.clone()));
    places
}

/// The existing paths of a pattern in which a `*` stands for any part of a name, sorted; the pattern itself
/// where there is none, or no `*`.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_string_lossy();
        match (part, name.split_once('*')) {
            (Component::Normal(_), Some((begin, end))) => {
                paths = paths
                    .iter()
                    .flat_map(|path| entries(path, begin, end))
                    .collect();
            }
            _ => paths.iter_mut().for_each(|path| path.push(part)),
        }
    }
    if pattern.to_string_lossy().contains('*') {
        paths.retain(|path| path.exists());
        paths.sort();
        if paths.is_empty() {
            paths.push(pattern.to_owned());
        }
    }
    paths
}

fn entries(folder: &Path, begin: &str, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let entries = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.len() >= begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end)
    });
    entries.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The places below a home folder, relative to it.
    fn below(home: &Path) -> Vec<String> {
        let places = places(&|name| (name == "HOME").then(|| home.to_owned()));
        places
            .iter()
            .filter_map(|place| place.strip_prefix(home).ok())
            .map(|place| place.to_string_lossy().replace('\\', "/"))
            .collect()
    }

    #[test]
    fn what_depends_on_the_machine_is_found_or_named_as_a_pattern() {
        let home = tempfile::tempdir().unwrap();
        let places = below(home.path());
        assert!(places.contains(&".codex/sessions".into()));
        assert!(places.contains(&".gemini/tmp/*/chats".into()), "{places:?}");
        for path in [
            ".gemini/tmp/b/chats",
            ".gemini/tmp/a/chats",
            ".gemini/tmp/bin",
        ] {
            fs::create_dir_all(home.path().join(path)).unwrap();
        }
        let places = below(home.path());
        let chats: Vec<&String> = places.iter().filter(|p| p.contains("gemini")).collect();
        assert_eq!(chats, [".gemini/tmp/a/chats", ".gemini/tmp/b/chats"]);
    }

    /// Files that became a database stay, and would be read for nothing.
    #[test]
    fn older_files_of_opencode_only_without_a_database() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".local/share/opencode");
        fs::create_dir_all(folder.join("storage/message")).unwrap();
        let of_opencode = || -> Vec<String> {
            let places = below(home.path());
            let own = places.iter().filter_map(|p| p.split_once("opencode/"));
            own.map(|(_, own)| own.to_owned()).collect()
        };
        assert_eq!(
            of_opencode(),
            ["opencode*.db", "storage/message", "storage/part"]
        );
        fs::write(folder.join("opencode.db"), "").unwrap();
        assert_eq!(of_opencode(), ["opencode.db"]);
    }

    #[test]
    fn a_star_stands_for_any_part_of_a_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "opencode.db",
            "opencode-local.db",
            "opencode.db-wal",
            "other.db",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = expand(&folder.path().join("opencode*.db"));
        let names: Vec<_> = found.iter().map(|p| p.file_name().unwrap()).collect();
        assert_eq!(names, ["opencode-local.db", "opencode.db"]);
    }

    #[test]
    fn variables_name_other_folders() {
        let places = places(&|name| match name {
            "CODEX_HOME" => Some("c".into()),
            "CLINE_DIR" => Some("d".into()),
            _ => None,
        });
        let expected = [
            "reports",
            ".orch-monitoring",
            "c/sessions",
            "d/data/tasks",
            "d/data/sessions",
        ];
        assert_eq!(places, expected.map(PathBuf::from));
    }
}

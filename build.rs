//! Embeds `heuristics/`: each rule with its cases, in order of their paths, so that the same folder
//! always gives the same program. And names the build by a hash of its source, by which the cache
//! knows what another build wrote.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or_else(missing)?);
    let folder = root.join("heuristics");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    collect(&folder, &mut files, &["yaml", "txt"])?;
    files.sort();
    let mut code = String::from("pub(super) const FILES: &[(&str, &str)] = &[\n");
    for file in &files {
        let name = file
            .strip_prefix(&root)
            .unwrap_or(file)
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        // Writing to a string cannot fail.
        let _ = writeln!(code, "    ({name:?}, include_str!({:?})),", file.display());
    }
    code.push_str("];\n");
    println!("cargo::rustc-env=SOURCE_HASH={:016x}", build(&root)?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(missing)?);
    fs::write(out.join("heuristics.rs"), code)
}

/// A hash (FNV-1a) of all source and of the versions of all crates.
fn build(root: &Path) -> io::Result<u64> {
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files, &["rs", "json"])?;
    files.extend([root.join("Cargo.lock"), root.join("Cargo.toml")]);
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files.iter().filter(|file| file.exists()) {
        println!("cargo::rerun-if-changed={}", file.display());
        for byte in fs::read(file)? {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    Ok(hash)
}

fn missing() -> io::Error {
    io::Error::other("cargo sets it")
}

/// Files below a folder whose names end so.
fn collect(folder: &Path, files: &mut Vec<PathBuf>, endings: &[&str]) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, files, endings)?;
        } else if path
            .extension()
            .is_some_and(|e| endings.iter().any(|ending| e == *ending))
        {
            files.push(path);
        }
    }
    Ok(())
}

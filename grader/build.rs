//! Builds the curriculum's packs into the program, so that an installed binary works alone.
//!
//! Only files that a learner would commit: no build output and no installed dependencies of a starter.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folders that builds and installers make.
const LEFT_OUT: [&str; 5] = ["target", "node_modules", ".venv", "__pycache__", "bin"];

fn main() -> io::Result<()> {
    // `projects` beside this file is a link to the folder at the top; in a published package it is a folder.
    let projects =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("projects");
    println!("cargo::rerun-if-changed={}", projects.display());
    let mut files = Vec::new();
    collect(&projects, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.strip_prefix(&projects).map_err(io::Error::other)?;
        writeln!(list, "    ({:?}, include_bytes!({:?})),", name, file)
            .map_err(io::Error::other)?;
    }
    list.push(']');
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    fs::write(out.join("projects.rs"), list)
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if LEFT_OUT.iter().any(|l| name == *l) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

//! The programs of one Postgres installation.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use super::account::Account;
use super::search::Search;
use crate::model::{Doing, Fault};

/// Major versions we know how to set up and read.
pub(crate) const SUPPORTED: std::ops::RangeInclusive<u32> = 14..=18;

/// A folder with `postgres`, `initdb` and `pg_ctl` of one version, each seen to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
    version: String,
    major: u32,
    minor: u32,
}

impl Binaries {
    /// Finds the newest usable installation of this machine; where there is none, fetches one.
    ///
    /// # Errors
    /// When what was found is broken (names each and why), or nothing was found and nothing can be fetched.
    pub async fn find() -> Result<Self, Fault> {
        let search = Search::of_this_machine();
        let found = tokio::task::spawn_blocking(move || search.newest())
            .await
            .doing("looking for Postgres")??;
        match found {
            Some(binaries) => Ok(binaries),
            None => super::fetch::fetch().await,
        }
    }

    /// The installation in this folder, if it is whole, of a supported version, and runs.
    ///
    /// # Errors
    /// What is wrong with it, as one clause: `initdb is missing`.
    pub(crate) fn at(folder: &Path) -> Result<Self, String> {
        for program in ["postgres", "initdb", "pg_ctl"] {
            if !folder.join(program).is_file() {
                return Err(format!("{program} is missing"));
            }
        }
        // Asked side by side: each takes some milliseconds of every run.
        let asked = ["postgres", "initdb", "pg_ctl"].map(|p| (p, ask_version(&folder.join(p))));
        let mut said = Vec::new();
        for (program, child) in asked {
            said.push((program, read_version(program, child?)?));
        }
        let postgres = said.first().map(|(_, v)| v.clone()).unwrap_or_default();
        if let Some((program, other)) = said.iter().find(|(_, v)| *v != postgres) {
            return Err(format!("postgres is {postgres} but {program} is {other}"));
        }
        let mut parts = postgres.split(|c: char| !c.is_ascii_digit());
        let mut number = || parts.next().and_then(|p| p.parse::<u32>().ok());
        let major = number().ok_or_else(|| format!("no version in `{postgres}`"))?;
        let minor = number().unwrap_or(0);
        if !SUPPORTED.contains(&major) {
            let (first, last) = (SUPPORTED.start(), SUPPORTED.end());
            return Err(format!(
                "version {postgres} is not one of {first} to {last}"
            ));
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            version: postgres,
            major,
            minor,
        })
    }

    /// The version as the programs say it, for example `15.8`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The major version, for example 15.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The folder they lie in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Newer is greater.
    pub(crate) fn age(&self) -> (u32, u32) {
        (self.major, self.minor)
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Starts `program --version` as the account that will run the server.
fn ask_version(program: &Path) -> Result<Child, String> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let account = Account::choose().map_err(|f| f.to_string())?;
    let mut command = account.command(program);
    command
        .arg("--version")
        .current_dir("/")
        .stdin(Stdio::null());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    child.map_err(|e| format!("{name} does not run: {e}"))
}

/// Takes the version out of `postgres (PostgreSQL) 15.8 (Debian …)`.
fn read_version(name: &str, child: Child) -> Result<String, String> {
    let output = child
        .wait_with_output()
        .map_err(|e| format!("{name} does not run: {e}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let version = said
        .split_once("(PostgreSQL) ")
        .and_then(|(_, v)| v.split_whitespace().next());
    match version {
        Some(version) if output.status.success() => Ok(version.to_owned()),
        _ => {
            let error = String::from_utf8_lossy(&output.stderr);
            let line = error
                .lines()
                .chain(said.lines())
                .next()
                .unwrap_or("it said nothing");
            Err(format!(
                "{name} --version ended with {}: {line}",
                output.status
            ))
        }
    }
}

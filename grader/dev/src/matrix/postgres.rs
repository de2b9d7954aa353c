//! The Postgres versions of `tests/postgres`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::place::root;

/// One of them, by its major version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Postgres(u32);

impl Postgres {
    /// The folder of its programs.
    pub(super) fn programs(self) -> PathBuf {
        let all = root().join("tests/postgres/node_modules");
        all.join(format!("postgres-{}/native/bin", self.0))
    }
}

impl FromStr for Postgres {
    type Err = String;

    fn from_str(major: &str) -> Result<Self, String> {
        let version = major.parse().map(Self);
        let found = version.ok().filter(|v| v.programs().is_dir());
        found.ok_or_else(|| "no such version in tests/postgres; `ci/provision postgres` installs what is named there".to_owned())
    }
}

impl fmt::Display for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgreSQL {}", self.0)
    }
}

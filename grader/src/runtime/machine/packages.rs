//! What package managers keep from run to run, and for whom.
//!
//! A build can write whatever it likes to the caches it is lent, and the next build believes what it finds there.
//! A plain user grades code that could change all their files anyway, so there the caches are one. Under root, who
//! may grade many people's code, each submission has caches of its own, by the place of its folder: the content
//! would not do, for a class that began with the same starter has the same lockfiles. So nothing a submission
//! writes reaches another's build; the price is that each folder fetches its packages once. Whoever grades only
//! their own code, in ever new folders, sets `GRADER_SHARE_CACHES=1`, and all folders share one.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::cache::{Cache, disk};
use super::environment::Variables;
use super::lock::{self, Held};
use super::user::RunAs;
use crate::model::Fault;

/// The folder in the cache with each submission's caches.
pub(crate) const PLACES: &str = "packages";

/// The caches lent to one submission's builds. They stay as long as this is held.
#[derive(Debug)]
pub(crate) struct Packages {
    /// Whose they are: goes into the name of everything that is made with them. Empty where all share.
    pub(crate) whose: String,
    /// Names the submission, unless all share by request: goes into the name of what its services could write to.
    pub(crate) apart: String,
    pub(super) variables: Variables,
    /// What of root's Cargo settings says where packages come from. Tokens and the rest stay at home.
    cargo: Option<String>,
    _share: Option<Held>,
}

impl Packages {
    /// Those of the submission that lies in `root`, made if missing. A plain user's Cargo keeps its own home, with
    /// its registries and mirrors; root's is closed. Blocks.
    pub(crate) fn of(root: &Path, cache: &Cache, run_as: &RunAs) -> Result<Self, Fault> {
        let shared = std::env::var_os("GRADER_SHARE_CACHES").is_some_and(|value| value == "1");
        let apart = match shared {
            true => String::new(),
            false => place_name(root),
        };
        let whose = match run_as.other {
            true => apart.clone(),
            false => String::new(),
        };
        let (folder, share) = match (run_as.other, shared) {
            (false, _) => (cache.clone(), None),
            (true, true) => place(cache, "shared")?,
            (true, false) => place(cache, &whose)?,
        };
        let mut variables = Variables::new();
        for (name, kept) in [
            ("PIP_CACHE_DIR", "pip"),
            ("npm_config_cache", "npm"),
            ("GOPATH", "go"),
            ("GOCACHE", "go-build"),
        ] {
            variables.insert(name.into(), folder.lent(kept, run_as)?.into());
        }
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let own = |name: &str, folder: &str| {
            let own = std::env::var_os(name)
                .map(PathBuf::from)
                .or_else(|| Some(home.as_ref()?.join(folder)));
            own.filter(|folder| folder.is_dir() && run_as.enters(folder))
        };
        let mut cargo = None;
        if run_as.other {
            variables.insert("CARGO_HOME".into(), folder.lent("cargo", run_as)?.into());
            cargo = own_settings(home.as_deref());
        } else {
            for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
                variables.extend(own(name, folder).map(|own| (name.into(), own.into())));
            }
        }
        Ok(Self {
            whose,
            apart,
            variables,
            cargo,
            _share: share,
        })
    }

    /// Puts Cargo's settings where a build below `place` finds them: in a folder that no build can write to, not in
    /// Cargo's home, which is theirs.
    pub(crate) fn settle(&self, place: &Path) -> Result<(), Fault> {
        let Some(settings) = &self.cargo else {
            return Ok(());
        };
        let folder = place.join(".cargo");
        super::cache::make(&folder)?;
        let path = folder.join("config.toml");
        std::fs::write(&path, settings).map_err(|e| disk("lending Cargo's settings", &path, &e))
    }
}

/// A place in the cache, ours to name and theirs to fill, marked as used now.
fn place(cache: &Cache, name: &str) -> Result<(Cache, Option<Held>), Fault> {
    let root = cache.folder(PLACES)?.join(name);
    let share = lock::share(&root.with_extension("lock"))?;
    super::cache::make(&root)?;
    let ready = root.join("ready");
    std::fs::write(&ready, "").map_err(|e| disk("keeping the package caches", &ready, &e))?;
    Ok((Cache { root }, Some(share)))
}

fn place_name(root: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let digest = Sha256::digest(root.as_os_str().as_bytes());
    digest.iter().take(8).map(|b| format!("{b:02x}")).collect()
}

fn own_settings(home: Option<&Path>) -> Option<String> {
    let text = std::fs::read_to_string(home?.join(".cargo/config.toml")).ok()?;
    public(&text)
}

fn public(settings: &str) -> Option<String> {
    let mut settings: toml::Table = settings.parse().ok()?;
    settings.retain(|name, _| matches!(name, "source" | "http" | "net" | "registries"));
    if let Some(toml::Value::Table(registries)) = settings.get_mut("registries") {
        for (_, registry) in registries.iter_mut() {
            if let toml::Value::Table(registry) = registry {
                registry.retain(|name, _| matches!(name, "index" | "protocol"));
            }
        }
    }
    let text = settings.to_string();
    // A URL with a user in it is a password nobody else needs.
    let user = |word: &str| {
        word.split_once("://")
            .is_some_and(|(_, rest)| rest.contains('@'))
    };
    (!settings.is_empty() && !text.split_whitespace().any(user)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_where_packages_come_from_leaves_roots_settings() {
        let said = public(
            "[registries.mine]\nindex = 'https://h/i'\ntoken = 'abc'\n[registry]\ntoken = 'abc'\n[net]\nretry = 3",
        );
        let said = said.unwrap();
        assert!(
            said.contains("https://h/i") && said.contains("retry"),
            "{said}"
        );
        assert!(!said.contains("abc"), "{said}");
        assert_eq!(public("[source.x]\nregistry = 'https://me:pw@h/i'"), None);
    }
}

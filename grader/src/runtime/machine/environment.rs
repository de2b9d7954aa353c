//! What builds and services see of the machine: a search path, a home, and little else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::cache::{Cache, disk};
use super::packages::Packages;
use super::passed::CERTIFICATES;
pub(crate) use super::passed::passed;
use super::user::RunAs;
use super::{lend, tools};
use crate::model::Fault;

/// Variables, sorted by name.
pub(crate) type Variables = BTreeMap<OsString, OsString>;

/// What the machine offers to a build and a service.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    path: Vec<PathBuf>,
    lang: OsString,
    build: Variables,
}

impl Environment {
    /// Looks at the grader's own environment, lends what is closed. Blocks.
    pub(crate) fn of_machine(cache: &Cache, run_as: &RunAs) -> Result<Self, Fault> {
        let mut path = lend::lend(cache, run_as)?;
        path.extend(tools::enterable(tools::own_path(), run_as));
        let mut build = passed_on();
        certificates(&mut build, cache, run_as)?;
        let lang = std::env::var_os("LANG").filter(|lang| !lang.is_empty());
        Ok(Self {
            path,
            lang: lang.unwrap_or_else(|| "C.UTF-8".into()),
            build,
        })
    }

    /// The folders commands are looked for in, first those of the submission itself.
    pub(crate) fn path(&self, app: &Path) -> Vec<PathBuf> {
        let own = [".venv/bin", "node_modules/.bin", "bin"].map(|folder| app.join(folder));
        own.into_iter()
            .filter(|folder| folder.is_dir())
            .chain(self.path.iter().cloned())
            .collect()
    }

    /// For the build: search path, home, language, proxies, certificates, toolchains and package caches.
    pub(crate) fn build(
        &self,
        packages: &Packages,
        app: &Path,
        home: &Path,
    ) -> Result<Variables, Fault> {
        let mut variables = self.build.clone();
        variables.extend(packages.variables.clone());
        variables.extend(self.base(app, home)?);
        Ok(variables)
    }

    /// What the builds' variables of this prefix say, in lower case: `pip_index_url=…`, sorted.
    pub(crate) fn said_to(&self, prefix: &str) -> Vec<String> {
        let said = self.build.iter().map(|(name, value)| {
            let name = name.to_string_lossy().to_lowercase();
            format!("{name}={}", value.to_string_lossy())
        });
        said.filter(|said| said.starts_with(prefix)).collect()
    }

    /// For the release and the service: search path, home, language and time zone; the contract's variables
    /// are the caller's.
    pub(crate) fn run(&self, app: &Path, home: &Path) -> Result<Variables, Fault> {
        let mut variables = self.base(app, home)?;
        variables.insert("TZ".into(), "UTC".into());
        Ok(variables)
    }

    fn base(&self, app: &Path, home: &Path) -> Result<Variables, Fault> {
        let path = std::env::join_paths(self.path(app));
        let path = path.map_err(|error| Fault::new("making the search path", error))?;
        Ok(Variables::from([
            ("PATH".into(), path),
            ("HOME".into(), home.into()),
            ("LANG".into(), self.lang.clone()),
        ]))
    }
}

fn passed_on() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((passed(&name, &value)?, name)))
        .map(|(value, name)| (name, value))
        .collect()
}

/// Certificates in a folder the user cannot enter are copied to one they can.
fn certificates(build: &mut Variables, cache: &Cache, run_as: &RunAs) -> Result<(), Fault> {
    for name in CERTIFICATES {
        let Some(file) = build.get(&OsString::from(name)).map(PathBuf::from) else {
            continue;
        };
        if run_as.reads(&file) || !file.is_file() {
            continue;
        }
        let copy = cache
            .folder("certificates")?
            .join(format!("{}.pem", name.to_lowercase()));
        std::fs::copy(&file, &copy).map_err(|e| disk("copying certificates", &copy, &e))?;
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(&copy, open)
            .map_err(|e| disk("copying certificates", &copy, &e))?;
        build.insert(name.into(), copy.into());
    }
    let closed = |dir: &OsString| std::env::split_paths(dir).any(|dir| !run_as.enters(&dir));
    if build
        .get(&OsString::from("SSL_CERT_DIR"))
        .is_some_and(closed)
    {
        build.remove(&OsString::from("SSL_CERT_DIR"));
    }
    Ok(())
}

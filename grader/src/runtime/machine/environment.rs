//! What builds and services see of the machine: a search path, a home, and little else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::cache::{Cache, disk};
use super::user::RunAs;
use super::{lend, tools};
use crate::model::Fault;

/// Variables that name a file with certificates. Behind a proxy that opens TLS, no package comes without them.
const CERTIFICATES: [&str; 8] = [
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "CARGO_HTTP_CAINFO",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
];
/// Proxies, in either case.
const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];
/// Toolchain variables, by how they begin.
const TOOLCHAINS: [&str; 7] = [
    "PIP_",
    "npm_config_",
    "NPM_CONFIG_",
    "CARGO_",
    "RUSTUP_",
    "UV_",
    "GOPROXY",
];
/// Variables of a `cargo` that runs us: about that build, not about the machine.
const INNER: [&str; 6] = [
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_CRATE_",
    "CARGO_BIN_",
    "CARGO_PRIMARY_",
    "CARGO_TARGET_",
];

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
    /// Looks at the grader's own environment, lends what is closed, and prepares the package caches. Blocks.
    pub(crate) fn of_machine(cache: &Cache, run_as: &RunAs) -> Result<Self, Fault> {
        let mut path = lend::lend(cache, run_as)?;
        path.extend(tools::enterable(tools::own_path(), run_as));
        let mut build = passed_on();
        certificates(&mut build, cache, run_as)?;
        package_caches(&mut build, cache, run_as)?;
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

    /// For the build: search path, home, language, proxies, certificates and toolchains.
    pub(crate) fn build(&self, app: &Path, home: &Path) -> Result<Variables, Fault> {
        let mut variables = self.build.clone();
        variables.extend(self.base(app, home)?);
        Ok(variables)
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
    let wanted = |name: &str| {
        let inner =
            INNER.iter().any(|i| name.starts_with(i)) || name == "CARGO" || name.contains("TOKEN");
        let known = CERTIFICATES.contains(&name)
            || name == "SSL_CERT_DIR"
            || PROXIES.contains(&name.to_lowercase().as_str())
            || TOOLCHAINS.iter().any(|prefix| name.starts_with(prefix));
        known && !inner
    };
    std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(wanted))
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

/// Package managers keep what they fetched from run to run. A plain user's Cargo keeps its own home, with its
/// registries and mirrors; root's is closed, so the other user gets one in the cache.
fn package_caches(build: &mut Variables, cache: &Cache, run_as: &RunAs) -> Result<(), Fault> {
    for (name, folder) in [
        ("PIP_CACHE_DIR", "pip"),
        ("npm_config_cache", "npm"),
        ("GOPATH", "go"),
        ("GOCACHE", "go-build"),
    ] {
        build.insert(name.into(), cache.lent(folder, run_as)?.into());
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let own = |name: &str, folder: &str| {
        let own = std::env::var_os(name)
            .map(PathBuf::from)
            .or_else(|| Some(home.as_ref()?.join(folder)));
        own.filter(|folder| folder.is_dir() && run_as.enters(folder))
    };
    if run_as.other {
        let lent = cache.lent("cargo", run_as)?;
        if let Some(config) = home.and_then(|home| cargo_config(&home.join(".cargo"))) {
            let path = lent.join("config.toml");
            std::fs::write(&path, config)
                .map_err(|e| disk("lending Cargo's settings", &path, &e))?;
        }
        build.insert("CARGO_HOME".into(), lent.into());
        build.remove(&OsString::from("RUSTUP_HOME"));
    } else {
        build
            .extend(own("CARGO_HOME", ".cargo").map(|folder| ("CARGO_HOME".into(), folder.into())));
        build.extend(
            own("RUSTUP_HOME", ".rustup").map(|folder| ("RUSTUP_HOME".into(), folder.into())),
        );
    }
    Ok(())
}

/// What of root's Cargo settings says where packages come from. Tokens and the rest stay at home.
fn cargo_config(cargo: &Path) -> Option<String> {
    let text = std::fs::read_to_string(cargo.join("config.toml")).ok()?;
    let mut settings: toml::Table = text.parse().ok()?;
    settings.retain(|name, _| matches!(name, "source" | "http" | "net" | "registries"));
    if let Some(toml::Value::Table(registries)) = settings.get_mut("registries") {
        for (_, registry) in registries.iter_mut() {
            if let toml::Value::Table(registry) = registry {
                registry.retain(|name, _| matches!(name, "index" | "protocol"));
            }
        }
    }
    (!settings.is_empty()).then(|| settings.to_string())
}

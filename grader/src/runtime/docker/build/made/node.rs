//! Node: packages in `node_modules`, by the package manager whose lockfile is there.

use serde_json::Value;

use super::super::files::has;
use super::range::allows;
use super::said;
use super::text::Text;
use crate::model::RuntimeKind;
use crate::runtime::Trouble;
use crate::submission::Submission;

/// Where nothing names a version, and those tried where something forbids it: the newest first.
const DEFAULT: u32 = 22;
const OTHERS: [u32; 4] = [26, 24, 20, 18];

/// Scripts that run while packages are installed, and may want any file of the folder.
const HOOKS: [&str; 5] = [
    "preinstall",
    "install",
    "postinstall",
    "prepare",
    "prepublish",
];

/// Whether the manifests ask for Node: a package.json that asks for nothing only names the folder.
pub(super) fn asked(submission: &Submission) -> bool {
    submission.has("package.json") && !idle(&manifest(submission).unwrap_or_default())
}

fn manifest(submission: &Submission) -> Result<Value, Trouble> {
    // What Node cannot read either, it shall complain about.
    Ok(serde_json::from_str(&said(submission, "package.json")?).unwrap_or_default())
}

fn idle(manifest: &Value) -> bool {
    let asks = |key: &str| {
        let list = manifest.get(key).and_then(Value::as_object);
        list.is_some_and(|list| !list.is_empty())
    };
    let workspaces = manifest.get("workspaces").is_some();
    let wants = ["dependencies", "devDependencies", "optionalDependencies"]
        .into_iter()
        .any(asks);
    manifest.is_object() && !wants && !workspaces && !script(manifest, "build")
}

fn script(manifest: &Value, name: &str) -> bool {
    manifest
        .get("scripts")
        .is_some_and(|scripts| scripts.get(name).is_some())
}

/// Writes all but the start.
pub(super) fn write(submission: &Submission, text: &mut Text) -> Result<(), Trouble> {
    let manifest = manifest(submission)?;
    let major = version(submission, &manifest, text)?;
    text.stage(&format!("node:{major}-slim"));
    text.line("ENV PATH=/app/node_modules/.bin:$PATH");
    text.line("WORKDIR /app");
    if let Some(command) = submission.build(RuntimeKind::Docker) {
        text.after("grader.toml");
        text.line("COPY . .");
        text.run(command);
        return Ok(());
    }
    if !submission.has("package.json") || idle(&manifest) {
        text.line("COPY . .");
        return Ok(());
    }
    let manager = Manager::of(submission, &manifest)?;
    text.after("package.json");
    manager
        .lockfile
        .into_iter()
        .for_each(|lockfile| text.after(lockfile));
    let hooks = HOOKS.iter().any(|hook| script(&manifest, hook));
    let settings = [".npmrc", ".yarnrc.yml", ".yarn", "pnpm-workspace.yaml"];
    let whole = hooks
        || manifest.get("workspaces").is_some()
        || settings.iter().any(|file| has(submission, file))
        || manifest.to_string().contains("\"file:");
    if whole {
        text.line("COPY . .");
        text.run(&manager.install);
    } else {
        let lockfile = manager.lockfile.map(|lockfile| format!("{lockfile} "));
        text.line(format!(
            "COPY package.json {}./",
            lockfile.unwrap_or_default()
        ));
        text.run(&manager.install);
        text.line("COPY . .");
    }
    if script(&manifest, "build") {
        text.run("npm run build");
    }
    Ok(())
}

/// What installs the packages.
struct Manager {
    lockfile: Option<&'static str>,
    install: String,
}

impl Manager {
    fn of(submission: &Submission, manifest: &Value) -> Result<Self, Trouble> {
        let named = manifest.get("packageManager").and_then(Value::as_str);
        // `pnpm@9.1.0+sha512.…`: only a plain version is believed.
        let named = |manager: &str| {
            let version = named?.strip_prefix(manager)?.strip_prefix('@')?;
            let version = version.split('+').next()?;
            let plain = |c: char| c.is_ascii_digit() || c == '.';
            version.chars().all(plain).then(|| version.to_owned())
        };
        if submission.has("package-lock.json") {
            return Ok(Self::new(
                "package-lock.json",
                "npm ci --no-audit --no-fund".into(),
            ));
        }
        if has(submission, "pnpm-lock.yaml") {
            let lock = said(submission, "pnpm-lock.yaml")?;
            let old = lock
                .lines()
                .find_map(|line| line.strip_prefix("lockfileVersion:"));
            let old =
                old.is_some_and(|v| v.trim().trim_matches(['\'', '"']).starts_with(['5', '6']));
            let version = named("pnpm").unwrap_or_else(|| if old { "8" } else { "10" }.into());
            let install = format!("npx --yes pnpm@{version} install --frozen-lockfile");
            return Ok(Self::new("pnpm-lock.yaml", install));
        }
        if has(submission, "yarn.lock") {
            let berry = said(submission, "yarn.lock")?.contains("__metadata:");
            let install = match berry {
                true => {
                    let version = named("yarn").unwrap_or_else(|| "4".into());
                    format!(
                        "YARN_NODE_LINKER=node-modules npx --yes @yarnpkg/cli-dist@{version} install --immutable"
                    )
                }
                false => {
                    let version = named("yarn").unwrap_or_else(|| "1".into());
                    format!("npx --yes yarn@{version} install --frozen-lockfile")
                }
            };
            return Ok(Self::new("yarn.lock", install));
        }
        Ok(Self {
            lockfile: None,
            install: "npm install --no-audit --no-fund".into(),
        })
    }

    fn new(lockfile: &'static str, install: String) -> Self {
        Self {
            lockfile: Some(lockfile),
            install,
        }
    }
}

/// `.nvmrc`, `.node-version`, then what `engines.node` allows. The newest of a major version is taken: it mends what
/// an older one has.
fn version(submission: &Submission, manifest: &Value, text: &mut Text) -> Result<u32, Trouble> {
    for name in [".nvmrc", ".node-version"] {
        if has(submission, name) {
            let said = said(submission, name)?;
            let number = said.trim().trim_start_matches('v').split('.').next();
            if let Some(Ok(major)) = number.map(str::parse) {
                text.after(name);
                return Ok(major);
            }
        }
    }
    let engines = manifest
        .get("engines")
        .and_then(|engines| engines.get("node"));
    let Some(range) = engines.and_then(Value::as_str) else {
        return Ok(DEFAULT);
    };
    text.after("package.json");
    let mut majors = [DEFAULT].into_iter().chain(OTHERS);
    let fits = majors.find(|major| allows(range, (*major, u32::MAX)));
    Ok(fits.unwrap_or(DEFAULT))
}

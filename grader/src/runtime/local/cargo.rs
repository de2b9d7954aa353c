//! A `target` folder that outlives the build, so that a service is built again in seconds after an edit.
//!
//! It is shared by submissions with the same lockfile that share their
//! [package caches](crate::runtime::machine::packages): all of a plain user's, and under root one submission's
//! builds. What belongs to one submission alone cannot leak into
//! another's: its sources are copied under the lock, so they are newer than anything built before, and the
//! executables of earlier builds are removed first.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sha2::{Digest, Sha256};
use tokio::process::{Child, Command};

use super::build::{Build, blocking};
use crate::model::{Doing, Fault};
use crate::runtime::machine::cache::{disk, make};
use crate::runtime::machine::children::{self, Whose};
use crate::runtime::machine::lock::{self, Held};
use crate::runtime::machine::user::RunAs;
use crate::runtime::machine::{copy, tools};

/// Where Cargo puts executables.
const PROFILES: [&str; 2] = ["release", "debug"];

/// A held `target` folder.
#[derive(Debug)]
pub(crate) struct Target {
    folder: PathBuf,
    _lock: Held,
}

impl Target {
    /// The folder for this submission; none if Cargo does not build it. Waits while another build uses it.
    pub(crate) async fn take(build: &Build<'_>) -> Result<Option<Self>, Fault> {
        let (submission, run_as) = (build.submission, build.run_as);
        if !submission.has("Cargo.toml") {
            return Ok(None);
        }
        let lockfile = if submission.has("Cargo.lock") {
            "Cargo.lock"
        } else {
            "Cargo.toml"
        };
        let content = std::fs::read(submission.root.join(lockfile)).unwrap_or_default();
        let rustc = tools::find("rustc", &build.environment.path(Path::new("/nowhere")));
        let rustc = rustc.map(|tool| tools::identity(&tool)).unwrap_or_default();
        let digest = Sha256::new()
            .chain_update(content)
            .chain_update(rustc)
            .chain_update(&build.packages.whose)
            .finalize();
        let name: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let place = build.cache.folder("cargo-target")?.join(name);
        make(&place)?;
        let gate = place.with_extension("lock");
        let lock = blocking(move || lock::wait(&gate)).await?;
        let folder = place.join("target");
        make(&folder)?;
        run_as.own(&folder)?;
        let ready = place.join("ready");
        std::fs::write(&ready, "")
            .map_err(|e| disk("keeping Cargo's target folder", &ready, &e))?;
        Ok(Some(Self {
            folder,
            _lock: lock,
        }))
    }

    /// Puts it where Cargo looks for it, in a copy that is not handed over yet, without the executables of earlier
    /// builds. Those are removed by who made them: the folder is theirs, and what was a folder in it a moment ago
    /// may be a link to anywhere.
    pub(crate) async fn link(&self, app: &Path, run_as: &RunAs) -> Result<(), Fault> {
        let earlier = self.executables().into_iter().map(|(_, path)| path);
        let earlier: Vec<PathBuf> = earlier.collect();
        if !earlier.is_empty() {
            let doing = "removing an earlier build";
            let mut rm = Command::new("/bin/rm");
            rm.arg("-f").arg("--").args(earlier).env_clear();
            run_as.dress(&mut rm);
            rm.stdout(Stdio::null()).stderr(Stdio::piped());
            let pid = |child: &Child| child.id().unwrap_or_default();
            let (child, _ours) = children::start(Whose::Ours, || rm.spawn(), pid).doing(doing)?;
            let output = child.wait_with_output().await.doing(doing)?;
            if !output.status.success() {
                return Err(Fault::new(
                    doing,
                    String::from_utf8_lossy(&output.stderr).trim(),
                ));
            }
        }
        copy::link(&self.folder, &app.join("target"), run_as)
    }

    /// Puts a folder with the executables in its place, in a built copy that is closed off.
    pub(crate) fn collect(&self, app: &Path, run_as: &RunAs) -> Result<(), Fault> {
        let target = app.join("target");
        // A build command may have made a folder of its own there: then that is what the service wants.
        if !target.is_symlink() {
            return Ok(());
        }
        std::fs::remove_file(&target).map_err(|e| disk("collecting the build", &target, &e))?;
        for (profile, executable) in self.executables() {
            let folder = target.join(profile);
            make(&folder)?;
            let to = folder.join(executable.file_name().unwrap_or_default());
            let copied = copy::open(&executable).and_then(|mut file| {
                // A name the builder gave to somebody else's file must not publish it.
                match !run_as.other || file.metadata()?.uid() == run_as.uid {
                    true => copy::pour(&mut file, &to, 0o755),
                    false => Ok(()),
                }
            });
            copied.map_err(|e| disk("collecting the build", &to, &e))?;
        }
        Ok(())
    }

    /// The executables at the top of each profile's folder.
    fn executables(&self) -> Vec<(&'static str, PathBuf)> {
        let mut found = Vec::new();
        for profile in PROFILES {
            let folder = self.folder.join(profile);
            // The folder belongs to whoever builds: a link in it may lead anywhere, and we may be root.
            if !std::fs::symlink_metadata(&folder).is_ok_and(|about| about.is_dir()) {
                continue;
            }
            let Ok(entries) = std::fs::read_dir(&folder) else {
                continue;
            };
            for entry in entries.flatten() {
                let about = std::fs::symlink_metadata(entry.path());
                let runs = about.is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o100 != 0);
                if runs {
                    found.push((profile, entry.path()));
                }
            }
        }
        found
    }
}

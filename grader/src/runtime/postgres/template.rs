//! A prepared data directory: made once, copied for every run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_postgres::Config;

use super::account::Account;
use super::binaries::Binaries;
use super::login::{Login, OPERATOR};
use super::process::{Launch, Postmaster};
use super::ready::{NotReady, await_ready};
use super::server::{Adopt, Server};
use super::session::{Purpose, config};
use super::settings::{Capabilities, conf, hba};
use crate::model::{Doing, Fault};

/// Changes when what [`build`] does to a fresh directory changes.
const EDITION: &str = "3";

/// A prepared data directory and what one must know to use it.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// The data directory to copy.
    pub(crate) data: PathBuf,
    /// The superuser of every copy, until the copy changes it.
    pub(crate) operator: Login,
    pub(crate) capabilities: Capabilities,
    /// The folder of the database that is ready to be given away, relative to `data`.
    pub(crate) spare: PathBuf,
}

/// What lies beside the data directory as `card.json`, readable by its owner alone.
#[derive(Serialize, Deserialize)]
struct Card {
    password: String,
    capabilities: Capabilities,
    spare: u32,
}

impl Template {
    /// The prepared directory for these binaries, made now if there is none. One grader makes it while others wait.
    /// What it starts for that carries the mark of `run`, so that it ends with the run.
    ///
    /// # Errors
    /// When `initdb` or the first start fails: disk full, broken installation, folder not writable.
    pub(crate) async fn get(
        binaries: &Binaries,
        account: Account,
        cache: &Path,
        run: &str,
    ) -> Result<Self, Fault> {
        let folder = cache.join(key(binaries));
        if let Some(ready) = read(&folder) {
            return Ok(ready);
        }
        let lock_file = cache.join(format!("{}.lock", key(binaries)));
        let lock = tokio::task::spawn_blocking(move || {
            let file = fs::File::create(lock_file)?;
            file.lock().map(|()| file)
        });
        let doing = "waiting for another grader that prepares Postgres";
        let _held = lock.await.doing(doing)?.doing(doing)?;
        if let Some(ready) = read(&folder) {
            return Ok(ready);
        }
        let building = cache.join(format!("building-{}", key(binaries)));
        // Whoever held the lock before us may have been killed over it.
        let _ = fs::remove_dir_all(&building);
        let built = build(binaries, account, &building, run).await;
        let placed = built.and_then(|()| {
            fs::rename(&building, &folder).doing("putting the prepared data directory in place")
        });
        if placed.is_err() {
            let _ = fs::remove_dir_all(&building);
        }
        placed?;
        read(&folder).ok_or_else(|| {
            Fault::new(
                "preparing Postgres",
                format!("{} cannot be read", folder.display()),
            )
        })
    }
}

/// `15.8-<digest>`: the programs, the settings and our own edition.
fn key(binaries: &Binaries) -> String {
    let version = binaries.version();
    let settings = conf(Capabilities::of(binaries.major()));
    let place = binaries.folder().to_string_lossy();
    let parts = [EDITION, version, &place, &settings, &hba(OPERATOR)].join("\u{1f}");
    let digest = Sha256::digest(parts.as_bytes());
    let digest: String = digest.iter().take(6).map(|b| format!("{b:02x}")).collect();
    format!("{version}-{digest}")
}

fn read(folder: &Path) -> Option<Template> {
    let card: Card = serde_json::from_slice(&fs::read(folder.join("card.json")).ok()?).ok()?;
    Some(Template {
        data: folder.join("data"),
        operator: Login {
            role: OPERATOR.to_owned(),
            password: card.password,
        },
        capabilities: card.capabilities,
        spare: Path::new("base").join(card.spare.to_string()),
    })
}

/// Makes a data directory with our settings, logins and database in `folder`. What this machine's installation
/// lacks is left out and noted on the card.
async fn build(
    binaries: &Binaries,
    account: Account,
    folder: &Path,
    run: &str,
) -> Result<(), Fault> {
    let doing = "preparing a data directory for Postgres";
    account.private_folder(folder)?;
    let operator = Login::ours(OPERATOR);
    let data = folder.join("data");
    super::initdb::run(binaries, account, folder, &operator, run).await?;
    fs::write(data.join("pg_hba.conf"), hba(OPERATOR)).doing(doing)?;
    let mut can = Capabilities::of(binaries.major());
    let socket = super::place::socket_folder(account, folder)?;
    let launch = Launch {
        binaries: binaries.clone(),
        account,
        data: data.clone(),
        socket: socket.path().to_path_buf(),
        port: 5432,
        tcp: false,
        run: run.to_owned(),
    };
    let mut reach = Config::new();
    reach.host_path(socket.path()).port(launch.port);
    let postmaster = loop {
        fs::write(data.join("postgresql.conf"), conf(can)).doing(doing)?;
        let postmaster = Postmaster::spawn(&launch)?;
        let first = config(&reach, &operator, "postgres", Purpose::Operate);
        match await_ready(&postmaster, &launch, &first).await {
            Ok(_) => break postmaster,
            Err(NotReady::Missing(what)) if what == "auto_explain" && can.auto_explain => {
                can.auto_explain = false;
            }
            Err(NotReady::Missing(_)) if can.pg_stat_statements => can.pg_stat_statements = false,
            Err(NotReady::Fault(fault)) => return Err(fault),
            Err(_) => return Err(Fault::new(doing, "the server did not start")),
        }
    };
    let adopt = Adopt {
        reach,
        operator,
        service: ("127.0.0.1".to_owned(), launch.port),
    };
    let server = Server::adopt(adopt).await?;
    let card = Card {
        password: server.operator.password.clone(),
        capabilities: server.capabilities(),
        spare: server.operator().make_spare().await?,
    };
    drop(server);
    postmaster.signal(Signal::SIGINT);
    if !postmaster.wait(Duration::from_secs(30)).await {
        return Err(Fault::new(doing, "the server did not stop"));
    }
    let _ = fs::remove_dir_all(data.join("log"));
    let path = folder.join("card.json");
    fs::write(&path, serde_json::to_vec(&card).doing(doing)?).doing(doing)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).doing(doing)
}

/// Where prepared and fetched Postgres lie: `GRADER_CACHE`, else the user's cache directory, for root
/// `/var/cache/grader`, which other accounts can reach.
///
/// # Errors
/// When it cannot be made.
pub fn cache_folder() -> Result<PathBuf, Fault> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let folder = match (set("GRADER_CACHE"), set("XDG_CACHE_HOME"), set("HOME")) {
        (Some(chosen), _, _) => chosen,
        _ if geteuid().is_root() => PathBuf::from("/var/cache/grader"),
        (None, Some(cache), _) => cache.join("grader"),
        (None, None, Some(home)) if cfg!(target_os = "macos") => home.join("Library/Caches/grader"),
        (None, None, Some(home)) => home.join(".cache/grader"),
        (None, None, None) => std::env::temp_dir().join(format!("grader-{}", geteuid())),
    };
    let folder = folder.join("postgres");
    fs::create_dir_all(&folder).map_err(|e| {
        Fault::new(format!("making the cache folder {}", folder.display()), e)
            .cure("set GRADER_CACHE to a folder you may write to")
    })?;
    Ok(folder)
}

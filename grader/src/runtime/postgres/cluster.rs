//! A server process of our own on a data directory of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio_postgres::Config;

use super::account::Account;
use super::binaries::Binaries;
use super::database::Database;
use super::memory::Place;
use super::place::{copied, private_in, socket_folder};
use super::process::{Launch, Postmaster};
use super::ready::{NotReady, await_ready};
use super::server::{Adopt, HOME, Reserve, Server};
use super::session::{Purpose, Session, config};
use super::settings::Capabilities;
use super::template::{Template, cache_folder};
use crate::model::{Doing, Fault};

/// What a cluster needs to know.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The run it belongs to; stands as `GRADER_RUN` in its environment.
    pub run: String,
    /// An existing folder of the run. The data directory is made in it, unless it lies in memory, and removed with
    /// the cluster.
    pub folder: PathBuf,
    /// The programs; none: found on this machine, or fetched.
    pub binaries: Option<Binaries>,
    /// Where prepared data directories are kept; none: [`cache_folder`].
    pub cache: Option<PathBuf>,
    /// Whether the data may lie in memory instead, where there is plenty of it.
    pub in_memory: bool,
    /// More lines for `postgresql.conf`, name and value; the last one wins.
    pub settings: Vec<(String, String)>,
}

impl ClusterOptions {
    /// The usual cluster of a run.
    pub fn new(run: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self {
            run: run.into(),
            folder: folder.into(),
            binaries: None,
            cache: None,
            in_memory: true,
            settings: Vec::new(),
        }
    }
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopMode {
    /// Sessions are ended, data is written out.
    Fast,
    /// As in a power cut: the next start recovers from the log.
    Immediate,
}

/// A private server, ended and removed when dropped.
pub struct Cluster {
    launch: Launch,
    postmaster: Mutex<Option<Postmaster>>,
    server: Arc<Server>,
    // Dropped last: the server must have ended.
    _socket: TempDir,
    _folder: TempDir,
    _memory: Option<Place>,
}

impl Cluster {
    /// Copies a prepared data directory and starts a server on it; returns when it answers.
    ///
    /// # Errors
    /// When no Postgres is found or fetched, it does not start, or the disk is full.
    pub async fn start(options: ClusterOptions) -> Result<Self, Fault> {
        let account = Account::choose()?;
        let binaries = match options.binaries {
            Some(binaries) => binaries,
            None => Binaries::find().await?,
        };
        let cache = match options.cache {
            Some(cache) => cache,
            None => cache_folder()?,
        };
        let template = Template::get(&binaries, account, &cache, &options.run).await?;
        let memory = match options.in_memory {
            true => tokio::task::spawn_blocking(Place::find)
                .await
                .doing("looking for memory")?,
            false => None,
        };
        let parent = memory
            .as_ref()
            .map_or(options.folder.as_path(), Place::path);
        account.reaches(parent)?;
        let folder = private_in(account, parent)?;
        let data = folder.path().join("data");
        let (spare, others) = copied(&template, &data, account, &options.settings).await?;
        let socket = socket_folder(account, folder.path())?;
        let mut launch = Launch {
            binaries,
            account,
            data,
            socket: socket.path().to_path_buf(),
            port: 0,
            tcp: true,
            run: options.run,
        };
        let started = spawn_on_free_port(&mut launch, &template).await;
        let mut reserve = Reserve {
            spare: true,
            copying: Some(spare),
        };
        // Awaited in any case: the folder is not removed while somebody still writes into it.
        reserve.copied().await?;
        let (postmaster, session) = started?;
        reserve.copying = Some(std::thread::spawn(others));
        let adopt = Adopt {
            reach: reach(&launch),
            operator: template.operator,
            service: ("127.0.0.1".to_owned(), launch.port),
        };
        let server = Server::renew(adopt, template.capabilities, session, reserve).await?;
        Ok(Self {
            launch,
            postmaster: Mutex::new(Some(postmaster)),
            server,
            _socket: socket,
            _folder: folder,
            _memory: memory,
        })
    }

    /// Stops the server. Its data, port and passwords stay. Nothing happens when it is stopped already.
    ///
    /// # Errors
    /// When it does not end within 10 s even when killed.
    pub async fn stop(&self, mode: StopMode) -> Result<(), Fault> {
        let mut slot = self.postmaster.lock().await;
        let Some(postmaster) = slot.take() else {
            return Ok(());
        };
        postmaster.thaw();
        let (polite, patience) = match mode {
            StopMode::Fast => (Signal::SIGINT, 5),
            StopMode::Immediate => (Signal::SIGQUIT, 2),
        };
        for (signal, seconds) in [
            (polite, patience),
            (Signal::SIGQUIT, 2),
            (Signal::SIGKILL, 3),
        ] {
            postmaster.signal(signal);
            if postmaster.wait(Duration::from_secs(seconds)).await {
                return Ok(());
            }
        }
        Err(Fault::new(
            "stopping Postgres",
            format!("process {} does not end", postmaster.pid()),
        ))
    }

    /// Starts a stopped server again on the same data and port; returns when it answers. Nothing happens when it runs.
    ///
    /// # Errors
    /// When it does not come up, for example because somebody took its port meanwhile.
    pub async fn start_again(&self) -> Result<(), Fault> {
        let mut slot = self.postmaster.lock().await;
        if slot.as_ref().is_some_and(|p| p.ended().is_none()) {
            return Ok(());
        }
        let postmaster = Postmaster::spawn(&self.launch)?;
        let home = config(
            &self.server.reach,
            &self.server.operator,
            HOME,
            Purpose::Operate,
        );
        match await_ready(&postmaster, &self.launch, &home).await {
            Ok(_) => {
                *slot = Some(postmaster);
                Ok(())
            }
            Err(why) => Err(plain(why, self.launch.port)),
        }
    }

    /// Whether the server can still do its work: it has not ended by itself, and its disk has room for the next
    /// piece of its log.
    ///
    /// # Errors
    /// A fault that says which of them gave way, and its cure.
    pub async fn holds(&self) -> Result<(), Fault> {
        // The disk first: a server without room ends, and then the disk is why.
        super::room::look(self.data())?;
        let postmaster = self.postmaster.lock().await;
        match postmaster.as_ref().and_then(Postmaster::ended) {
            Some(how) => Err(Fault::new("keeping Postgres up", how.to_string())),
            None => Ok(()),
        }
    }

    /// Freezes every process of the server: connections stay open and nothing answers.
    pub async fn pause(&self) {
        if let Some(postmaster) = self.postmaster.lock().await.as_ref() {
            postmaster.freeze();
        }
    }

    /// Lets a frozen server go on.
    pub async fn resume(&self) {
        if let Some(postmaster) = self.postmaster.lock().await.as_ref() {
            postmaster.thaw();
        }
    }

    /// See [`Server::create_database`].
    ///
    /// # Errors
    /// As there.
    pub async fn create_database(&self, label: &str) -> Result<Database, Fault> {
        self.server.create_database(label).await
    }

    /// See [`Server::drop_database`].
    ///
    /// # Errors
    /// As there.
    pub async fn drop_database(&self, database: &Database) -> Result<(), Fault> {
        self.server.drop_database(database).await
    }

    /// The server, to talk to.
    pub fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// The server's first process; none while stopped.
    pub async fn pid(&self) -> Option<u32> {
        self.postmaster.lock().await.as_ref().map(Postmaster::pid)
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.launch.data
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.launch.port
    }

    /// The version, for example `15.8`.
    pub fn version(&self) -> &str {
        self.launch.binaries.version()
    }

    /// What the installation can do for us.
    pub fn capabilities(&self) -> Capabilities {
        self.server.capabilities()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The folder goes next: whoever still copies into it must have ended. That is a matter of milliseconds.
        if let Ok(mut reserve) = self.server.reserve.try_lock()
            && let Some(copying) = reserve.copying.take()
        {
            let _ = copying.join();
        }
    }
}

/// Starts on a port the kernel gives. Between asking and binding somebody may take it: then another one.
async fn spawn_on_free_port(
    launch: &mut Launch,
    template: &Template,
) -> Result<(Postmaster, Session), Fault> {
    let mut tries = 5;
    loop {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr());
        launch.port = free.doing("asking for a free port")?.port();
        let postmaster = Postmaster::spawn(launch)?;
        let home = config(&reach(launch), &template.operator, HOME, Purpose::Operate);
        match await_ready(&postmaster, launch, &home).await {
            Ok(session) => return Ok((postmaster, session)),
            Err(NotReady::PortTaken) if tries > 1 => tries -= 1,
            Err(why) => return Err(plain(why, launch.port)),
        }
    }
}

fn plain(why: NotReady, port: u16) -> Fault {
    let doing = "starting Postgres";
    match why {
        NotReady::PortTaken => {
            Fault::new(doing, format!("port {port} was taken by another program"))
        }
        NotReady::Missing(library) => {
            Fault::new(doing, format!("{library} is no longer installed"))
                .cure("remove the grader's cache folder, so that it looks at Postgres anew")
        }
        NotReady::Fault(fault) => fault,
    }
}

fn reach(launch: &Launch) -> Config {
    let mut reach = Config::new();
    reach.host_path(&launch.socket).port(launch.port);
    reach
}

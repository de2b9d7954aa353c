//! The server's processes: starting, signalling, waiting.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

use super::account::Account;
use super::binaries::Binaries;
use crate::model::{Doing, Fault};
use crate::runtime::machine::children::{self, Started, Whose};
use crate::runtime::machine::strays::MARK;

/// How a server is started.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) binaries: Binaries,
    pub(crate) account: Account,
    /// The data directory.
    pub(crate) data: PathBuf,
    /// The folder of its socket.
    pub(crate) socket: PathBuf,
    /// The port on 127.0.0.1, and in the socket's name.
    pub(crate) port: u16,
    /// Whether it listens on TCP at all.
    pub(crate) tcp: bool,
    /// The run it belongs to, as `GRADER_RUN` in its environment. Its children overwrite theirs with their title, but
    /// they end when it ends.
    pub(crate) run: String,
}

impl Launch {
    /// Where the server writes before its log is open.
    pub(crate) fn early_log(&self) -> PathBuf {
        self.data.join("early.log")
    }
}

/// The server's first process. Ended, at once and without mercy, when dropped.
pub(crate) struct Postmaster {
    child: Mutex<Child>,
    pid: u32,
    /// Held for as long as anybody may ask how it ended.
    _started: Started,
}

impl Postmaster {
    /// Starts it. It is not ready yet.
    pub(crate) fn spawn(launch: &Launch) -> Result<Self, Fault> {
        let doing = "starting Postgres";
        let early = File::create(launch.early_log()).doing(doing)?;
        let mut command = launch.account.command(launch.binaries.program("postgres"));
        command
            .arg("-D")
            .arg(&launch.data)
            .arg("-k")
            .arg(&launch.socket)
            .args(["-p", &launch.port.to_string()])
            .args(if launch.tcp {
                &[][..]
            } else {
                &["-c", "listen_addresses="][..]
            })
            .current_dir(&launch.data)
            .env("TZ", "UTC")
            .env(MARK, &launch.run)
            .stdin(Stdio::null())
            .stdout(early.try_clone().doing(doing)?)
            .stderr(early)
            // A Ctrl-C at the terminal is ours to handle, not the server's.
            .process_group(0);
        let started = children::start(Whose::Ours, || command.spawn(), Child::id);
        let (child, started) =
            started.doing(format!("{doing} ({})", launch.binaries.folder().display()))?;
        Ok(Self {
            pid: child.id(),
            child: Mutex::new(child),
            _started: started,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.try_wait().ok().flatten()
    }

    /// Sends it a signal, unless it has ended (its number may be somebody else's then).
    pub(crate) fn signal(&self, signal: Signal) {
        if self.ended().is_none() {
            signal_to(self.pid, signal);
        }
    }

    /// Waits until it has ended; false when it still runs after `limit`.
    pub(crate) async fn wait(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        while self.ended().is_none() {
            if Instant::now() > end {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        true
    }

    /// Stops every process of the server where it stands. The first one first: then no new one appears.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
        for pid in children(self.pid) {
            signal_to(pid, Signal::SIGSTOP);
        }
    }

    /// Lets them go on.
    pub(crate) fn thaw(&self) {
        for pid in children(self.pid) {
            signal_to(pid, Signal::SIGCONT);
        }
        self.signal(Signal::SIGCONT);
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        self.thaw();
        self.signal(Signal::SIGQUIT);
        let end = Instant::now() + Duration::from_secs(2);
        while self.ended().is_none() {
            if Instant::now() > end {
                self.signal(Signal::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    }
}

fn signal_to(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        // A process that has just ended needs no signal.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// The processes whose parent is `pid`.
fn children(pid: u32) -> Vec<u32> {
    let mut system = System::new();
    let parent = sysinfo::Pid::from_u32(pid);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, ProcessRefreshKind::nothing());
    let all = system.processes().iter();
    all.filter(|(_, p)| p.parent() == Some(parent))
        .map(|(pid, _)| pid.as_u32())
        .collect()
}

/// The last lines of what the server wrote, newest last: why it did not start.
pub(crate) fn last_words(data: &Path, lines: usize) -> String {
    let mut files = vec![data.join("early.log")];
    for name in ["server.log", "server.json", "server.csv"] {
        files.push(data.join("log").join(name));
    }
    let said: Vec<String> = files
        .iter()
        .filter_map(|f| std::fs::read(f).ok())
        .map(tail)
        .collect();
    let all: Vec<&str> = said
        .iter()
        .flat_map(|s| s.lines())
        .filter(|l| telling(l))
        .collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn tail(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(16 << 10)..]).into_owned()
}

fn telling(line: &str) -> bool {
    !line.contains("redirecting log output") && !line.contains("Future log output")
}

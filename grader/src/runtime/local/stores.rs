//! Where a service keeps or could keep data besides its database: files that are databases, files it wrote,
//! connections to others.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use walkdir::WalkDir;

use crate::runtime::kept::HEAD;
use crate::runtime::machine::sockets::{self, Socket};
use crate::runtime::{FileStore, Outgoing, StoreKind, Stores, WrittenFile};

/// Entries of the service's folders looked at, at most.
const LOOKED: usize = 100_000;
/// Folders that hold code, never a service's data.
const CODE: [&str; 4] = ["node_modules", "__pycache__", ".venv", "target"];

/// What to look at.
#[derive(Debug)]
pub(crate) struct Look {
    /// The folder the service runs in, then other places it may write to (its home).
    pub(crate) folders: Vec<PathBuf>,
    /// When the service was first started.
    pub(crate) since: SystemTime,
    /// The service's processes.
    pub(crate) pids: Vec<u32>,
    /// Where our Postgres listens, if over TCP.
    pub(crate) postgres: Vec<SocketAddr>,
}

/// Looks. Blocks.
pub(crate) fn stores(look: &Look) -> Stores {
    let held = held(&look.pids);
    let walked = look.folders.iter().flat_map(|folder| files(folder));
    let mut stores = Stores::default();
    for path in walked.chain(held.iter().cloned()).collect::<BTreeSet<_>>() {
        let Ok(about) = std::fs::metadata(&path) else {
            continue;
        };
        if !about.is_file() {
            continue;
        }
        let named = look
            .folders
            .first()
            .and_then(|app| path.strip_prefix(app).ok())
            .unwrap_or(&path);
        let named = named.to_string_lossy().into_owned();
        let written = about.modified().is_ok_and(|at| at >= look.since);
        let (held, bytes) = (held.contains(&path), about.len());
        match kind(&path) {
            Some(kind) => stores.databases.push(FileStore {
                path: named,
                kind,
                held,
                written,
                bytes,
            }),
            None if written => stores.written.push(WrittenFile {
                path: named,
                bytes,
                held,
            }),
            None => {}
        }
    }
    stores.largest_first();
    stores.outgoing = outgoing(&sockets::of(&look.pids).sockets, &look.postgres);
    stores
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = WalkDir::new(folder).into_iter();
    let data = walk.filter_entry(|e| {
        !e.file_name()
            .to_str()
            .is_some_and(|name| CODE.contains(&name))
    });
    let files = data
        .take(LOOKED)
        .flatten()
        .filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).collect()
}

/// The regular files the processes hold open, wherever they lie, but for programs' own code.
#[cfg(target_os = "linux")]
fn held(pids: &[u32]) -> BTreeSet<PathBuf> {
    use procfs::process::{FDTarget, Process};
    let files = pids
        .iter()
        .filter_map(|pid| Process::new(*pid as i32).and_then(|p| p.fd()).ok());
    let targets = files
        .flat_map(Iterator::flatten)
        .filter_map(|file| match file.target {
            FDTarget::Path(path) => Some(path),
            _ => None,
        });
    targets
        .filter(|path| !path.starts_with("/dev") && !path.starts_with("/proc"))
        .collect()
}

/// As above, from `lsof`, which macOS ships.
#[cfg(not(target_os = "linux"))]
fn held(pids: &[u32]) -> BTreeSet<PathBuf> {
    let list = pids
        .iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(",");
    let mut lsof = std::process::Command::new("lsof");
    let output = lsof
        .args(["-nP", "-a", "-d", "0-9999", "-Ftn", "-p", &list])
        .output();
    let text = output
        .map(|o| String::from_utf8_lossy(&o.stdout).into_owned())
        .unwrap_or_default();
    let mut regular = false;
    let mut files = BTreeSet::new();
    for line in text.lines() {
        match line.split_at_checked(1) {
            Some(("t", kind)) => regular = kind == "REG",
            Some(("n", name)) if regular => drop(files.insert(PathBuf::from(name))),
            _ => {}
        }
    }
    files
}

/// Which database a file is.
fn kind(path: &Path) -> Option<StoreKind> {
    let mut head = Vec::new();
    let file = File::open(path).ok()?;
    file.take(HEAD).read_to_end(&mut head).ok()?;
    StoreKind::of(&head, path)
}

/// Connections the processes made, but for those to one another and to our Postgres.
fn outgoing(sockets: &[Socket], postgres: &[SocketAddr]) -> Vec<Outgoing> {
    let own: BTreeSet<u16> = sockets::listening(sockets)
        .iter()
        .map(SocketAddr::port)
        .collect();
    let mut outgoing: Vec<Outgoing> = sockets
        .iter()
        .filter(|socket| !own.contains(&socket.local.port()))
        .filter_map(|socket| {
            Some(Outgoing {
                pid: socket.pid,
                to: socket.remote?,
            })
        })
        .filter(|made| !postgres.contains(&made.to))
        .filter(|made| !(made.to.ip().is_loopback() && own.contains(&made.to.port())))
        .collect();
    outgoing.sort_unstable();
    outgoing.dedup();
    outgoing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_postgres_and_accepted_connections_are_no_outgoing_ones() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let socket = |local, remote: Option<&str>| Socket {
            pid: 7,
            local: at(local),
            remote: remote.map(at),
        };
        let sockets = [
            socket("0.0.0.0:8080", None),
            socket("127.0.0.1:8080", Some("127.0.0.1:50001")),
            socket("127.0.0.1:50002", Some("127.0.0.1:5999")),
            socket("127.0.0.1:50003", Some("127.0.0.1:6379")),
            socket("127.0.0.1:50004", Some("127.0.0.1:8080")),
        ];
        let found = outgoing(&sockets, &[at("127.0.0.1:5999")]);
        assert_eq!(
            found,
            [Outgoing {
                pid: 7,
                to: at("127.0.0.1:6379")
            }]
        );
    }
}

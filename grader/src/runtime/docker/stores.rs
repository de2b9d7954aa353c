//! Where a service keeps or could keep data besides its database: what it wrote to memory file systems and what it
//! holds open, seen by a tool of ours that shares its process table; and its connections.
//!
//! The root of its file system is read-only, so there is nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bollard::models::ContainerCreateBody;

use super::look::{self, Sockets};
use super::site::Site;
use super::{cage, labels};
use crate::model::Fault;
use crate::runtime::kept::HEAD;
use crate::runtime::{FileStore, Outgoing, StoreKind, Stores, WrittenFile};

/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Prints the kernel's tables of sockets; then, behind a line `files`, one line a file: whether it was found (`f`) or
/// is held open (`h`), its size, its first bytes in hexadecimal, its name. Processes of our own are in another mount
/// namespace, or cannot be looked at.
const SCRIPT: &str = r#"
cat /proc/net/tcp /proc/net/tcp6 /proc/net/fib_trie 2>/dev/null
echo files
mine=$(readlink /proc/self/ns/mnt)
tell() { printf '%s %s %s %s\n' "$1" "$(stat -L -c %s "$2")" "$(head -c "$bytes" "$2" | od -An -v -tx1 | tr -d ' \n')" "$3"; }
walk() {
  for entry in "$1$2"/* "$1$2"/.[!.]*; do
    [ -L "$entry" ] && continue
    if [ -d "$entry" ]; then walk "$1" "${entry#"$1"}"
    elif [ -f "$entry" ]; then tell f "$entry" "${entry#"$1"}"; fi
  done
}
bytes=$1; shift
seen=
for process in /proc/[0-9]*; do
  space=$(readlink "$process/ns/mnt" 2>/dev/null) || continue
  [ "$space" = "$mine" ] && continue
  if [ -z "$seen" ]; then seen=1; for folder in "$@"; do walk "$process/root" "$folder"; done; fi
  for handle in "$process"/fd/*; do
    name=$(readlink "$handle" 2>/dev/null) || continue
    case $name in /dev/*|/proc/*|/sys/*) continue ;; /*) [ -f "$handle" ] && tell h "$handle" "$name" ;; esac
  done
done
true
"#;

/// Looks at a running container whose first process is `pid`; `postgres` is ours.
pub(super) async fn look(
    site: &Site,
    container: &str,
    pid: Option<u32>,
    postgres: Option<SocketAddr>,
) -> Result<Stores, Fault> {
    let mut line: Vec<String> = ["sh", "-c", SCRIPT, "files"].map(str::to_owned).to_vec();
    line.push(HEAD.to_string());
    line.extend(cage::SCRATCH.map(str::to_owned));
    line.extend(site.volumes.iter().cloned());
    let body = ContainerCreateBody {
        image: Some(site.tools.clone()),
        user: Some("0:0".into()),
        entrypoint: Some(vec![String::new()]),
        cmd: Some(line),
        labels: Some(labels::of(&site.run, "look")),
        host_config: Some(cage::inside(container, true)),
        ..ContainerCreateBody::default()
    };
    let name = format!("{}-stores-{}", site.run, uuid::Uuid::new_v4().simple());
    let said = match site.engine.run(&name, body, PATIENCE).await {
        Ok(said) => said,
        // What has ended meanwhile keeps nothing.
        Err(fault) => match site.engine.standing(container).await? {
            Some(standing) if standing.running => return Err(fault),
            _ => return Ok(Stores::default()),
        },
    };
    let (sockets, files) = said.split_once("\nfiles\n").unwrap_or((&said, ""));
    let mut stores = files_of(files);
    let outgoing = outgoing(&look::parse(sockets), postgres);
    stores.outgoing = outgoing
        .into_iter()
        .map(|to| Outgoing {
            pid: pid.unwrap_or_default(),
            to,
        })
        .collect();
    Ok(stores)
}

fn files_of(lines: &str) -> Stores {
    #[derive(Default)]
    struct Seen {
        bytes: u64,
        head: Vec<u8>,
        found: bool,
        held: bool,
    }
    let mut files: BTreeMap<&str, Seen> = BTreeMap::new();
    for line in lines.lines() {
        let mut parts = line.splitn(4, ' ');
        let (Some(how), Some(bytes), Some(head), Some(name)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let file = files.entry(name).or_default();
        file.bytes = bytes.parse().unwrap_or_default();
        file.head = unhex(head);
        file.found |= how == "f";
        file.held |= how == "h";
    }
    let mut stores = Stores::default();
    for (path, seen) in files {
        let (path, bytes, held) = (path.to_owned(), seen.bytes, seen.held);
        // What lies where the service can write was written by it; what it holds elsewhere came with the image.
        match StoreKind::of(&seen.head, Path::new(&path)) {
            Some(kind) => stores.databases.push(FileStore {
                path,
                kind,
                held,
                written: seen.found,
                bytes,
            }),
            None if seen.found => stores.written.push(WrittenFile { path, bytes, held }),
            None => {}
        }
    }
    stores.largest_first();
    stores
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// Whom the service is connected to, but for itself, our Postgres, and those who asked it.
fn outgoing(sockets: &Sockets, postgres: Option<SocketAddr>) -> BTreeSet<SocketAddr> {
    let listens: BTreeSet<u16> = sockets.listens.iter().map(SocketAddr::port).collect();
    sockets
        .connected
        .iter()
        .filter(|(own, _)| !listens.contains(&own.port()))
        .map(|(_, to)| *to)
        .filter(|to| Some(*to) != postgres && to.ip() != look::RESOLVER)
        .filter(|to| !(to.ip().is_loopback() && listens.contains(&to.port())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tool_prints_is_read() {
        let sqlite = "53514c69746520666f726d6174203300";
        let said = format!(
            "f 4096 {sqlite} /tmp/my data.db\nh 4096 {sqlite} /tmp/my data.db\nf 3 5b315d /tmp/a.json\nh 9 00 /app/code.zip\n"
        );
        let stores = files_of(&said);
        let [database] = stores.databases.as_slice() else {
            panic!("{stores:?}")
        };
        assert_eq!(database.path, "/tmp/my data.db");
        assert!(database.held && database.written && database.kind == StoreKind::Sqlite);
        let [file] = stores.written.as_slice() else {
            panic!("{stores:?}")
        };
        assert_eq!((file.path.as_str(), file.bytes), ("/tmp/a.json", 3));
    }

    #[test]
    fn those_who_asked_and_our_postgres_are_no_outgoing_connections() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let sockets = Sockets {
            listens: vec![at("0.0.0.0:8080")],
            connected: vec![
                (at("172.18.0.3:8080"), at("172.18.0.2:50000")),
                (at("172.18.0.3:50001"), at("172.18.0.4:5432")),
                (at("172.18.0.3:50002"), at("10.0.0.9:6379")),
            ],
            own: None,
        };
        let found = outgoing(&sockets, Some(at("172.18.0.4:5432")));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [at("10.0.0.9:6379")]);
    }
}

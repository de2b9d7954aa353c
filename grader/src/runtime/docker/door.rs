//! A door out of the sealed network: a relay that listens on both sides and joins the two ends.
//!
//! The service calls the relay by name; we have dialled it at 127.0.0.1. So no route to this machine exists.
//! Whoever calls takes one of our waiting connections, and the move of a file says which: it cannot be taken twice.

use std::net::{Ipv4Addr, SocketAddr};

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HostConfig, NetworkConnectRequest, PortBinding,
};

use super::engine::{Engine, fault};
use super::{cage, labels};
use crate::model::Fault;
use crate::runtime::door::{Door, pool};

/// Where we dial it, inside the container.
const DIALLED: u16 = 9025;

/// Both listeners. The scripts lie in files, since socat has a grammar of its own for what it runs.
const MAIN: &str = r#"
mkdir /tmp/free /tmp/taken
printf '%s\n' "$CALL" >/tmp/call
printf '%s\n' "$DIAL" >/tmp/dial
printf '%s\n' "$JOIN" >/tmp/join
socat "TCP4-LISTEN:$PORT,fork,reuseaddr,backlog=128,max-children=200,nodelay" "EXEC:sh /tmp/call,nofork" &
exec socat "TCP4-LISTEN:$DIALLED,fork,reuseaddr,backlog=128,max-children=200,nodelay" "EXEC:sh /tmp/dial,nofork"
"#;

/// For each caller: takes a connection of ours, or waits half a minute for one.
const CALL: &str = r#"
tries=0
while [ "$tries" -lt 1500 ]; do
  for free in /tmp/free/*; do
    mv "$free" "/tmp/taken/$$" 2>/dev/null &&
      exec socat -t 60 FD:0,shut-down "UNIX-CONNECT:/tmp/taken/$$,retry=100,interval=0.02"
  done
  tries=$((tries + 1))
  sleep 0.02
done
"#;

/// For each connection of ours: checks the key, waits until callers are listened for, says so, waits to be taken.
const DIAL: &str = r#"
read -r key && [ "$key" = "$KEY" ] || exit 1
listens() {
  while read -r _ at _ state _; do
    case $at,$state in *:$HEX,0A) return 0 ;; esac
  done </proc/net/tcp
  return 1
}
until listens; do sleep 0.02; done
printf R
exec 4<&0
exec socat "UNIX-LISTEN:/tmp/free/$$,unlink-close=0" "EXEC:sh /tmp/join,nofork"
"#;

/// Once it is taken: says so to us, then carries.
const JOIN: &str = "printf C >&4\nexec socat -t 60 FD:4,shut-down FD:0,shut-down\n";

/// Opens a door at `name` and `port` on the run's network. Its relay goes with the run.
///
/// # Errors
/// When the relay does not come up, or the name is taken.
pub(super) async fn open(
    engine: &Engine,
    (tools, run): (&str, &str),
    name: &str,
    port: u16,
) -> Result<Door, Fault> {
    let doing = || format!("opening the door {name}:{port}");
    let key = uuid::Uuid::new_v4().simple().to_string();
    let container = format!("{run}-door-{name}");
    let id = engine
        .create(&container, body(tools, run, &key, port))
        .await?;
    let request = NetworkConnectRequest {
        container: id.clone(),
        endpoint_config: Some(EndpointSettings {
            aliases: Some(vec![name.to_owned()]),
            ..EndpointSettings::default()
        }),
    };
    let joined = engine.docker.connect_network(run, request).await;
    joined.map_err(|e| fault(doing(), &e))?;
    engine.start(&id).await.map_err(|e| fault(doing(), &e))?;
    let looked = engine.docker.inspect_container(&id, None).await;
    let at = looked
        .map_err(|e| fault(doing(), &e))?
        .network_settings
        .and_then(|settings| {
            let bound = settings.ports?.remove(&format!("{DIALLED}/tcp"))??;
            bound.first()?.host_port.as_ref()?.parse().ok()
        })
        .ok_or_else(|| Fault::new(doing(), "its relay's port was not published"))?;
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, at));
    pool::open(at, &key, name, port).await
}

fn body(tools: &str, run: &str, key: &str, port: u16) -> ContainerCreateBody {
    let env = [
        ("CALL", CALL),
        ("DIAL", DIAL),
        ("JOIN", JOIN),
        ("KEY", key),
        ("PORT", &port.to_string()),
        // As the kernel's table of sockets writes it.
        ("HEX", &format!("{port:04X}")),
        ("DIALLED", &DIALLED.to_string()),
    ];
    let mut host_config = HostConfig {
        port_bindings: Some(
            [(
                format!("{DIALLED}/tcp"),
                Some(vec![PortBinding {
                    host_ip: Some("127.0.0.1".into()),
                    host_port: Some(String::new()),
                }]),
            )]
            .into(),
        ),
        tmpfs: Some(
            [(
                "/tmp".to_owned(),
                "rw,nosuid,nodev,noexec,size=1m,mode=1777".to_owned(),
            )]
            .into(),
        ),
        ..cage::tool()
    };
    // Mail has its port below 1024.
    host_config.sysctls.get_or_insert_default().insert(
        "net.ipv4.ip_unprivileged_port_start".to_owned(),
        "0".to_owned(),
    );
    ContainerCreateBody {
        image: Some(tools.to_owned()),
        user: Some("65534:65534".into()),
        entrypoint: Some(vec!["sh".into(), "-c".into(), MAIN.to_owned()]),
        cmd: Some(Vec::new()),
        env: Some(
            env.iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        ),
        exposed_ports: Some(vec![format!("{DIALLED}/tcp")]),
        labels: Some(labels::of(run, "door")),
        host_config: Some(host_config),
        ..ContainerCreateBody::default()
    }
}

//! What a container of a run may do and use.

use std::collections::HashMap;

use bollard::models::{HostConfig, HostConfigLogConfig, ResourcesUlimits};

use super::engine::Engine;
use crate::runtime::Limits;

/// A name server that is never there. The engine's own answers for names on the network; whatever it does not
/// know it would ask from outside the seal, and a question can carry a secret.
const NOBODY: &str = "127.0.0.1";

/// What every container of ours gets: no capability, no way to a new one, a root nobody can write to, bounded
/// memory and processes, a log of bounded size. The seccomp profile is the engine's default.
fn base(memory: i64, processes: i64) -> HostConfig {
    HostConfig {
        cap_drop: Some(vec!["ALL".into()]),
        security_opt: Some(vec!["no-new-privileges".into()]),
        readonly_rootfs: Some(true),
        privileged: Some(false),
        memory: Some(memory),
        // Equal to the memory: no swap on top of it.
        memory_swap: Some(memory),
        pids_limit: Some(processes),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".into()),
            config: Some(HashMap::from([
                ("max-size".to_owned(), "1m".to_owned()),
                ("max-file".to_owned(), "1".to_owned()),
            ])),
        }),
        dns: Some(vec![NOBODY.into()]),
        publish_all_ports: Some(false),
        ..HostConfig::default()
    }
}

/// Where a service may write, whatever its image: as on most platforms, what is there is gone with the container.
pub(super) const SCRATCH: [&str; 3] = ["/tmp", "/var/tmp", "/run"];

/// For the service and its release command.
pub(super) fn service(
    engine: &Engine,
    limits: &Limits,
    volumes: &[String],
    runtime: Option<&str>,
) -> HostConfig {
    let scratch = |path: &str| {
        let size = limits.scratch_bytes;
        (
            path.to_owned(),
            format!("rw,nosuid,nodev,exec,size={size},mode=1777"),
        )
    };
    let cpus = i64::from(limits.cpu_millis).min(engine.cpus.saturating_mul(1000));
    let most = |name: &str, value: u64| {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        ResourcesUlimits {
            name: Some(name.into()),
            soft: Some(value),
            hard: Some(value),
        }
    };
    HostConfig {
        nano_cpus: Some(cpus.saturating_mul(1_000_000)),
        ulimits: Some(vec![
            most("fsize", limits.file_bytes),
            most("nofile", u64::from(limits.open_files)),
            most("core", 0),
        ]),
        tmpfs: Some(
            SCRATCH
                .into_iter()
                .chain(volumes.iter().map(String::as_str))
                .map(scratch)
                .collect(),
        ),
        shm_size: i64::try_from(limits.scratch_bytes).ok(),
        // With one, the service gets signals as it would under a shell: process 1 ignores what it does not handle.
        init: engine.init.then_some(true),
        runtime: runtime.map(str::to_owned),
        // Its output is read as it comes; nothing of it is kept on the engine's side.
        log_config: Some(HostConfigLogConfig {
            typ: Some("none".into()),
            config: None,
        }),
        ..base(
            i64::try_from(limits.memory_bytes).unwrap_or(i64::MAX),
            i64::from(limits.processes),
        )
    }
}

/// For Postgres, whose data lies in a memory file system of a set size at [`DATA`].
pub(super) fn postgres(engine: &Engine, limits: &Limits) -> HostConfig {
    let data = limits.database_bytes;
    let memory = i64::try_from(data.saturating_add(1 << 30)).unwrap_or(i64::MAX);
    HostConfig {
        tmpfs: Some(HashMap::from([(
            DATA.to_owned(),
            format!("rw,nosuid,nodev,noexec,size={data},mode=1777"),
        )])),
        init: engine.init.then_some(true),
        ..base(memory, 1000)
    }
}

/// Where Postgres keeps its data.
pub(super) const DATA: &str = "/grader-data";

/// For the relay and other tools of ours.
pub(super) fn tool() -> HostConfig {
    HostConfig {
        // A relay carries bytes for those it knows, never packets for anybody.
        sysctls: Some(HashMap::from([(
            "net.ipv4.ip_forward".to_owned(),
            "0".to_owned(),
        )])),
        ..base(256 << 20, 2000)
    }
}

/// For a tool that looks from inside a container: it shares that one's network, and with `processes` its process
/// table, of which it may then read everything.
pub(super) fn inside(container: &str, processes: bool) -> HostConfig {
    let share = format!("container:{container}");
    HostConfig {
        network_mode: Some(share.clone()),
        pid_mode: processes.then_some(share),
        cap_add: processes.then(|| vec!["SYS_PTRACE".into(), "DAC_READ_SEARCH".into()]),
        dns: None,
        ..base(64 << 20, 64)
    }
}

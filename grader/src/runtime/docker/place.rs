//! Where the engine is: `DOCKER_HOST`, else the docker command's current context, else the first socket there is.

use std::path::PathBuf;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::engine::existing;
use crate::model::Fault;

/// Where every engine on Linux listens.
const USUAL: &str = "/var/run/docker.sock";

/// The engine's address, for example `unix:///var/run/docker.sock`.
///
/// # Errors
/// When the current context names no engine.
pub(super) fn host() -> Result<String, Fault> {
    if let Some(host) = set("DOCKER_HOST") {
        return Ok(host);
    }
    if let Some(host) = of_context()? {
        return Ok(host);
    }
    Ok(sockets()
        .into_iter()
        .find_map(|socket| existing(socket.path))
        .unwrap_or_else(|| format!("unix://{USUAL}")))
}

/// The value `DOCKER_HOST` must have, where the engine is found in a place that testcontainers does not know: it takes
/// that variable's word, else looks for the sockets below that are marked so. None where it finds the engine itself.
pub(crate) fn must_be_named() -> Option<String> {
    if set("DOCKER_HOST").is_some() {
        return None;
    }
    let host = host().ok()?;
    let finds = sockets()
        .into_iter()
        .filter(|socket| socket.known)
        .find_map(|socket| existing(socket.path));
    let usual = format!("unix://{USUAL}");
    (host != finds.unwrap_or(usual)).then_some(host)
}

/// A place where an engine may listen.
struct Socket {
    path: PathBuf,
    /// Whether testcontainers looks there too.
    known: bool,
}

/// The machine's socket, those of a rootless engine, those of Docker Desktop.
fn sockets() -> Vec<Socket> {
    let mut sockets = vec![(PathBuf::from(USUAL), true)];
    if let Some(folder) = set("XDG_RUNTIME_DIR").map(PathBuf::from) {
        sockets.push((folder.join(".docker/run/docker.sock"), true));
        sockets.push((folder.join("docker.sock"), false));
    }
    if let Some(home) = set("HOME").map(PathBuf::from) {
        sockets.push((home.join(".docker/run/docker.sock"), true));
        sockets.push((home.join(".docker/desktop/docker.sock"), true));
    }
    let socket = |(path, known)| Socket { path, known };
    sockets.into_iter().map(socket).collect()
}

/// The address in the docker command's current context (`docker context use`), none where that is the default one.
fn of_context() -> Result<Option<String>, Fault> {
    let Some(folder) = set("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(set("HOME")?).join(".docker")))
    else {
        return Ok(None);
    };
    let name = set("DOCKER_CONTEXT").or_else(|| {
        let config = std::fs::read(folder.join("config.json")).ok()?;
        let config: Value = serde_json::from_slice(&config).ok()?;
        Some(config.get("currentContext")?.as_str()?.to_owned())
    });
    let Some(name) = name.filter(|name| !name.is_empty() && name != "default") else {
        return Ok(None);
    };
    // The docker command keeps a context in a folder named after the hash of its name.
    let hash: String = Sha256::digest(name.as_bytes())
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let meta = folder.join("contexts/meta").join(hash).join("meta.json");
    let host = std::fs::read(meta)
        .ok()
        .and_then(|text| serde_json::from_slice::<Value>(&text).ok())
        .and_then(|meta| Some(meta.pointer("/Endpoints/docker/Host")?.as_str()?.to_owned()));
    host.map(Some).ok_or_else(|| {
        Fault::new(
            "finding the Docker engine",
            format!("the docker context {name} names no engine"),
        )
        .cure("choose another one with `docker context use`, or set DOCKER_HOST")
    })
}

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

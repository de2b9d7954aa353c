//! Doors: listeners of the grader's that the service can reach, for a mail sink or a server of a third party.
//!
//! On this machine a door is a listener on 127.0.0.1. Out of a sealed network nothing leads to us, so there the
//! service calls a relay, we have dialled that relay beforehand, and it joins the two ends: see [`pool`].

pub(crate) mod pool;

use std::net::Ipv4Addr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::model::{Doing, Fault};

/// Callers that wait at a door until somebody accepts them; more wait before it.
const WAITING: usize = 64;

/// A listener of ours that the service can reach, for as long as this is held.
///
/// It is opened before the world is raised, since the service mostly learns its address from a variable, and it
/// outlives restarts of the service.
#[derive(Debug)]
pub struct Door {
    host: String,
    port: u16,
    calls: Mutex<mpsc::Receiver<TcpStream>>,
    /// What brings the callers; ends with the door.
    _bringers: JoinSet<()>,
}

impl Door {
    /// A door on this machine alone.
    pub(crate) async fn here() -> Result<Self, Fault> {
        let doing = "opening a door on 127.0.0.1";
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .doing(doing)?;
        let port = listener.local_addr().doing(doing)?.port();
        let (send, calls) = mpsc::channel(WAITING);
        let mut bringers = JoinSet::new();
        bringers.spawn(async move {
            // A caller that is gone before it is accepted is an error of that one alone.
            while let Ok(room) = send.reserve().await {
                if let Ok((call, _)) = listener.accept().await {
                    room.send(call);
                }
            }
        });
        Ok(Self::new("127.0.0.1", port, calls, bringers))
    }

    fn new(
        host: impl Into<String>,
        port: u16,
        calls: mpsc::Receiver<TcpStream>,
        bringers: JoinSet<()>,
    ) -> Self {
        Self {
            host: host.into(),
            port,
            calls: Mutex::new(calls),
            _bringers: bringers,
        }
    }

    /// The host part of [`address`](Self::address): `sink`, or `127.0.0.1` on the local runtime.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port the service calls; on the local runtime any, whichever was asked for.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the service finds it, as `host:port`: `sink:25` in containers, `127.0.0.1:40123` on the local runtime.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The next caller, as soon as there is one. Either side may speak first.
    ///
    /// # Errors
    /// A fault when the way to the door has broken down and nobody can call any more.
    pub async fn accept(&self) -> Result<TcpStream, Fault> {
        let call = self.calls.lock().await.recv().await;
        call.ok_or_else(|| Fault::new("waiting for a caller", "the way to the door broke down"))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_caller_here_is_answered_and_gone_with_the_door() {
        let door = Door::here().await.unwrap();
        assert_eq!(door.address(), format!("127.0.0.1:{}", door.port()));
        let mut caller = TcpStream::connect(door.address()).await.unwrap();
        caller.write_all(b"HELO").await.unwrap();
        let mut call = door.accept().await.unwrap();
        let mut heard = [0; 4];
        call.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"HELO");
        let address = door.address();
        drop(door);
        tokio::task::yield_now().await;
        assert!(TcpStream::connect(address).await.is_err());
    }
}

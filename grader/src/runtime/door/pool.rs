//! The grader's side of a door in a sealed network: a few connections to a relay, held until somebody calls.
//!
//! Each connection begins with a line that holds the key, so that the service, which can see the relay too, cannot
//! take our place. The relay answers `R` when it listens for callers. `C` follows when a caller was joined to
//! this connection; every byte after it is the caller's.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Door, WAITING};
use crate::model::Fault;

/// Connections held. More callers than this at once wait in the relay until we have dialled again.
const HELD: usize = 4;
/// How long a relay may take until it listens, and how long one that went away is looked for.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks whether it listens: an engine accepts connections before what is behind them does.
const PAUSE: Duration = Duration::from_millis(20);
/// It listens for callers.
const READY: u8 = b'R';
/// A caller follows.
const CALL: u8 = b'C';

/// Opens a door whose relay we reach `at`, and the service at `host` and `port`. Returns when a caller would be heard.
///
/// # Errors
/// When the relay does not answer as one.
pub(crate) async fn open(at: SocketAddr, key: &str, host: &str, port: u16) -> Result<Door, Fault> {
    open_within(PATIENCE, at, key, (host, port)).await
}

async fn open_within(
    patience: Duration,
    at: SocketAddr,
    key: &str,
    (host, port): (&str, u16),
) -> Result<Door, Fault> {
    let (send, calls) = mpsc::channel(WAITING);
    let mut bringers = JoinSet::new();
    let first = dial_until(patience, at, key).await.ok_or_else(|| {
        let cause = format!("its relay did not answer within {patience:?}");
        Fault::new(format!("opening the door {host}:{port}"), cause)
    })?;
    bringers.spawn(hold(at, key.to_owned(), Some(first), send.clone()));
    for _ in 1..HELD {
        bringers.spawn(hold(at, key.to_owned(), None, send.clone()));
    }
    Ok(Door::new(host, port, calls, bringers))
}

/// Keeps one connection at the relay until it cannot be reached any more.
async fn hold(
    at: SocketAddr,
    key: String,
    mut held: Option<TcpStream>,
    calls: mpsc::Sender<TcpStream>,
) {
    loop {
        let Some(mut stream) = (match held.take() {
            Some(stream) => Some(stream),
            None => dial_until(PATIENCE, at, &key).await,
        }) else {
            return;
        };
        if matches!(stream.read_u8().await, Ok(CALL)) && calls.send(stream).await.is_err() {
            return;
        }
    }
}

async fn dial_until(patience: Duration, at: SocketAddr, key: &str) -> Option<TcpStream> {
    let dialling = async {
        loop {
            match dial(at, key).await {
                Ok(stream) => return stream,
                Err(_) => sleep(PAUSE).await,
            }
        }
    };
    timeout(patience, dialling).await.ok()
}

async fn dial(at: SocketAddr, key: &str) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(at).await?;
    stream.set_nodelay(true)?;
    stream.write_all(format!("{key}\n").as_bytes()).await?;
    match stream.read_u8().await? {
        READY => Ok(stream),
        _ => Err(std::io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncBufReadExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    /// A relay that has let in whoever knows the key.
    async fn let_in(relay: &TcpListener) -> TcpStream {
        loop {
            let (mut stream, _) = relay.accept().await.unwrap();
            let mut line = String::new();
            BufReader::with_capacity(1, &mut stream)
                .read_line(&mut line)
                .await
                .unwrap();
            if line == "key\n" {
                stream.write_u8(READY).await.unwrap();
                return stream;
            }
        }
    }

    #[tokio::test]
    async fn a_call_comes_through_and_the_connection_is_replaced() {
        let relay = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = relay.local_addr().unwrap();
        let (door, first) = tokio::join!(open(at, "key", "sink", 25), let_in(&relay));
        let door = door.unwrap();
        assert_eq!(door.address(), "sink:25");
        let mut held = vec![first];
        while held.len() < HELD {
            held.push(let_in(&relay).await);
        }
        // A connection that the relay drops is no caller.
        drop(held.pop());
        held.push(let_in(&relay).await);
        let mut caller = held.remove(0);
        caller.write_all(b"CHELO").await.unwrap();
        let mut call = door.accept().await.unwrap();
        let mut heard = [0; 4];
        call.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"HELO");
        let_in(&relay).await;
    }

    #[tokio::test]
    async fn a_relay_that_never_answers_is_a_fault() {
        let relay = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = relay.local_addr().unwrap();
        drop(relay);
        let short = Duration::from_millis(100);
        let opened = open_within(short, at, "key", ("sink", 25)).await;
        let fault = opened.unwrap_err();
        assert_eq!(fault.doing, "opening the door sink:25");
    }
}

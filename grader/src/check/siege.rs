//! Clients that take their time, do not listen, leave, or say half of it: many at once, for as long as they are held.

use std::time::Duration;

use futures::future::join_all;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::probe::{Request, raw};

/// How clients behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    /// They send the first lines of a request a byte a second.
    SlowHead,
    /// They send the body of a request a byte a second.
    SlowBody,
    /// They ask and never read the answer.
    Deaf,
    /// They ask and leave at once.
    Gone,
    /// They close their side in the middle of a body, and wait for an answer.
    HalfClosed,
    /// They send half a body and reset the connection.
    Reset,
    /// They ask several times without waiting for an answer, and read none (RFC 9112 §9.3.2).
    Pipelined,
}

/// How many requests a client sends that waits for no answer.
const PIPELINED: usize = 5;

/// Between two bytes of a slow client.
const BYTE: Duration = Duration::from_secs(1);

/// Clients that are there. They leave when it is dropped.
pub(crate) struct Siege {
    clients: Vec<JoinHandle<()>>,
}

impl Manners {
    pub(crate) const ALL: [Self; 7] = [
        Self::SlowHead,
        Self::SlowBody,
        Self::Deaf,
        Self::Gone,
        Self::HalfClosed,
        Self::Reset,
        Self::Pipelined,
    ];

    /// Whether what they have to say is a body.
    pub(crate) const fn sends_body(self) -> bool {
        matches!(self, Self::SlowBody | Self::HalfClosed | Self::Reset)
    }

    /// How many of them come at once.
    pub(crate) const fn many(self) -> usize {
        match self {
            Self::SlowHead | Self::Gone => 50,
            Self::SlowBody | Self::Deaf | Self::HalfClosed | Self::Reset => 20,
            // No more requests than the others send, all in all: a limit on requests is another matter.
            Self::Pipelined => 10,
        }
    }

    /// What they do, after "50 clients".
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::SlowHead => "that send their request line a byte a second",
            Self::SlowBody => "that send their body a byte a second",
            Self::Deaf => "that ask and never read the answer",
            Self::Gone => "that ask and leave at once",
            Self::HalfClosed => "that close their side in the middle of a body",
            Self::Reset => "that reset the connection in the middle of a body",
            Self::Pipelined => "that ask five times without waiting for an answer",
        }
    }
}

impl Siege {
    /// Lets as many clients of this kind come as there are of it. Each asks this request, in its own time.
    pub(crate) async fn begin(manners: Manners, request: &Request) -> Self {
        let written = raw::written(request);
        let body = head(&written);
        let half = body + (written.len() - body) / 2;
        let first = match manners {
            Manners::SlowHead => Vec::new(),
            // Up to the first byte of the body.
            Manners::SlowBody => written[..body].to_vec(),
            Manners::Deaf | Manners::Gone => written.clone(),
            Manners::HalfClosed | Manners::Reset => written[..half].to_vec(),
            Manners::Pipelined => kept_open(&written).repeat(PIPELINED),
        };
        let come = (0..manners.many()).map(|_| open(request, &first));
        let open: Vec<TcpStream> = join_all(come).await.into_iter().flatten().collect();
        let rest = match manners {
            Manners::SlowHead | Manners::SlowBody => &written[first.len()..],
            _ => &[],
        };
        let mut clients = Vec::new();
        for stream in open {
            match manners {
                Manners::Gone => drop(stream),
                Manners::Reset => reset(&stream),
                Manners::HalfClosed => clients.push(tokio::spawn(close_half(stream))),
                _ => clients.push(tokio::spawn(drip(stream, rest.to_vec()))),
            }
        }
        Self { clients }
    }
}

impl Drop for Siege {
    fn drop(&mut self) {
        self.clients.iter().for_each(JoinHandle::abort);
    }
}

async fn open(request: &Request, first: &[u8]) -> Option<TcpStream> {
    let mut stream = raw::connect(request).await?;
    stream.write_all(first).await.ok()?;
    Some(stream)
}

/// Sends the rest slowly, and then stays and says nothing. The last byte is never sent: the request never comes about.
async fn drip(mut stream: TcpStream, rest: Vec<u8>) {
    for byte in rest.split_last().map_or(&[][..], |(_, all)| all) {
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
        tokio::time::sleep(BYTE).await;
    }
    std::future::pending::<()>().await;
}

/// Sends no more, and stays.
async fn close_half(mut stream: TcpStream) {
    if stream.shutdown().await.is_ok() {
        std::future::pending::<()>().await;
    }
}

/// The service is told that this connection is over, whatever was on its way (RFC 9293 §3.5.2).
fn reset(stream: &TcpStream) {
    // Where the system knows no such thing the client merely leaves.
    let _left = stream.set_zero_linger();
}

/// The same request on a connection that stays.
fn kept_open(written: &[u8]) -> Vec<u8> {
    const ENDS: &[u8] = b"connection: close\r\n";
    let at = written.windows(ENDS.len()).position(|w| w == ENDS);
    match at {
        Some(at) => [&written[..at], &written[at + ENDS.len()..]].concat(),
        None => written.to_vec(),
    }
}

/// How many bytes of a request come before its body.
fn head(written: &[u8]) -> usize {
    let end = written.windows(4).position(|w| w == b"\r\n\r\n");
    end.map_or(written.len(), |at| at + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_begins_behind_the_empty_line() {
        assert_eq!(head(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n{}"), 27);
        assert_eq!(head(b"GET"), 3);
    }

    #[test]
    fn a_connection_that_stays_says_nothing_of_its_end() {
        let written = b"GET / HTTP/1.1\r\nconnection: close\r\naccept: */*\r\n\r\n";
        let kept = b"GET / HTTP/1.1\r\naccept: */*\r\n\r\n";
        assert_eq!(kept_open(written), kept);
        assert_eq!(kept_open(kept), kept);
    }
}

//! Clients that take their time, do not listen, or leave: many at once, for as long as they are held.

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
}

/// Between two bytes of a slow client.
const BYTE: Duration = Duration::from_secs(1);

/// Clients that are there. They leave when it is dropped.
pub(crate) struct Siege {
    clients: Vec<JoinHandle<()>>,
}

impl Manners {
    pub(crate) const ALL: [Self; 4] = [Self::SlowHead, Self::SlowBody, Self::Deaf, Self::Gone];

    /// How many of them come at once.
    pub(crate) const fn many(self) -> usize {
        match self {
            Self::SlowHead | Self::Gone => 50,
            Self::SlowBody | Self::Deaf => 20,
        }
    }

    /// What they do, after "50 clients".
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::SlowHead => "that send their request line a byte a second",
            Self::SlowBody => "that send their body a byte a second",
            Self::Deaf => "that ask and never read the answer",
            Self::Gone => "that ask and leave at once",
        }
    }
}

impl Siege {
    /// Lets as many clients of this kind come as there are of it. Each asks this request, in its own time.
    pub(crate) async fn begin(manners: Manners, request: &Request) -> Self {
        let written = raw::written(request);
        let whole = match manners {
            Manners::SlowHead => 0,
            // Up to the first byte of the body.
            Manners::SlowBody => head(&written),
            Manners::Deaf | Manners::Gone => written.len(),
        };
        let come = (0..manners.many()).map(|_| open(request, &written[..whole]));
        let open: Vec<TcpStream> = join_all(come).await.into_iter().flatten().collect();
        let clients = match manners {
            Manners::Gone => Vec::new(),
            _ => {
                let rest = &written[whole..];
                let slow = |stream| tokio::spawn(drip(stream, rest.to_vec()));
                open.into_iter().map(slow).collect()
            }
        };
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
}

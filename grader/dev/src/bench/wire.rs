//! One connection on which the same request is sent again and again, with nothing in between that could take time.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is asked: what costs the service least.
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n";

/// A connection to a service.
pub(super) struct Wire {
    stream: TcpStream,
}

impl Wire {
    /// To `host:port`.
    pub(super) async fn to(at: &str) -> Result<Self> {
        let stream = TcpStream::connect(at).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// Seconds from the request's first byte to the reply's last; the reply is a 2xx.
    pub(super) async fn ask(&mut self) -> Result<f64> {
        let began = Instant::now();
        self.stream.write_all(REQUEST).await?;
        let mut reply = Vec::with_capacity(1024);
        while !is_whole(&reply)? {
            let read = self.stream.read_buf(&mut reply).await?;
            ensure!(read > 0, "the connection ended within a reply");
        }
        let took = began.elapsed().as_secs_f64();
        ensure!(reply.starts_with(b"HTTP/1.1 2"), "no 2xx");
        Ok(took)
    }
}

/// Whether the head is there and as much of a body as it says.
fn is_whole(reply: &[u8]) -> Result<bool> {
    let text = std::str::from_utf8(reply)?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Ok(false);
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim())
    });
    let length: usize = length.map_or(Ok(0), str::parse).context("a length")?;
    Ok(body.len() >= length)
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn a_reply_is_whole_with_its_last_byte() {
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\n").unwrap());
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{").unwrap());
        assert!(is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap());
        assert!(is_whole(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap());
    }
}

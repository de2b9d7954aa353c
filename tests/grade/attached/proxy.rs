//! What may stand before a service: a proxy that takes a prefix off, one that sends elsewhere, one with TLS.

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A reverse proxy that serves `base` below `prefix`, and nothing else. Redirects and locations that the service
/// sends with a path of its own get the prefix, as usual proxies do it. Its own address, prefix included.
pub(super) async fn below(prefix: &'static str, base: &str) -> String {
    let backend = base.trim_start_matches("http://").to_owned();
    serve(prefix, move |head| {
        let line = head.lines().next().unwrap_or_default();
        let path = line.split(' ').nth(1).unwrap_or_default();
        let inner = path.strip_prefix(prefix).filter(|p| p.starts_with('/'));
        match inner {
            Some(inner) => Way::On(backend.clone(), head.replacen(path, inner, 1)),
            None => Way::Back("404 Not Found", String::new()),
        }
    })
    .await
}

/// A server that sends everybody to the same path of another.
pub(super) async fn elsewhere(to: &'static str) -> String {
    serve("", move |head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        Way::Back(
            "308 Permanent Redirect",
            format!("location: {to}{path}\r\n"),
        )
    })
    .await
}

/// Where a request goes: on to another server in this spelling, or back with a status and headers.
enum Way {
    On(String, String),
    Back(&'static str, String),
}

async fn serve(prefix: &'static str, way: impl Fn(&str) -> Way + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let way = std::sync::Arc::new(way);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, prefix, std::sync::Arc::clone(&way)));
        }
    });
    format!("http://{address}{prefix}")
}

/// One connection, one request. What breaks on the way breaks for the client.
async fn pass(
    mut client: TcpStream,
    prefix: &str,
    way: std::sync::Arc<impl Fn(&str) -> Way>,
) -> std::io::Result<()> {
    let (head, rest) = head_of(&mut client).await?;
    let (backend, head) = match way(&head) {
        Way::On(backend, head) => (backend, head),
        Way::Back(status, headers) => {
            let reply = format!(
                "HTTP/1.1 {status}\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
            );
            return client.write_all(reply.as_bytes()).await;
        }
    };
    let mut server = TcpStream::connect(backend).await?;
    let once = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    server.write_all(once.as_bytes()).await?;
    server.write_all(&rest).await?;
    // The body of a request may still be on its way while the reply begins; ours are small and sent at once.
    let length = head.lines().find_map(|l| {
        l.to_lowercase()
            .strip_prefix("content-length:")?
            .trim()
            .parse()
            .ok()
    });
    let mut missing = vec![0; length.unwrap_or(0usize).saturating_sub(rest.len())];
    client.read_exact(&mut missing).await?;
    server.write_all(&missing).await?;
    let (reply, rest) = head_of(&mut server).await?;
    let reply = reply.replace("\r\nLocation: /", &format!("\r\nLocation: {prefix}/"));
    client.write_all(reply.as_bytes()).await?;
    client.write_all(&rest).await?;
    copy_bidirectional(&mut client, &mut server)
        .await
        .map(|_| ())
}

/// Everything up to the empty line, and what came after it.
async fn head_of(from: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut seen = Vec::new();
    loop {
        if let Some(end) = seen.windows(4).position(|w| w == b"\r\n\r\n") {
            let rest = seen.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&seen).into_owned(), rest));
        }
        if from.read_buf(&mut seen).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

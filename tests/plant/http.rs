//! A small HTTP/1.1 server for one test, on a port the kernel gives. It ends with the test's runtime.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request, decoded.
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The pieces of the path between slashes.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// Whatever answers requests, one at a time.
pub(crate) trait Service: Send + 'static {
    fn answer(&mut self, asked: &Asked) -> Answer;
}

/// The address of a server that answers with `service`.
pub(crate) async fn serve(service: impl Service) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let service = Arc::new(Mutex::new(service));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, Arc::clone(&service)));
        }
    });
    base
}

async fn talk(mut stream: TcpStream, service: Arc<Mutex<impl Service>>) {
    let mut bytes = Vec::new();
    let mut asked = loop {
        if let Some(asked) = read(&bytes) {
            break asked;
        }
        if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
            return;
        }
    };
    // HEAD is a GET whose body stays behind (RFC 9110 §9.3.2), whatever the service.
    let bare = asked.method == "HEAD";
    if bare {
        asked.method = "GET".to_owned();
    }
    let answer = service.lock().unwrap().answer(&asked);
    let mut head = format!("HTTP/1.1 {} -\r\nconnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let said = |name: &str| answer.headers.iter().any(|(n, _)| *n == name);
    if answer.status != 204 && answer.status != 304 && !said("content-length") {
        head.push_str(&format!("content-length: {}\r\n", answer.body.len()));
    }
    let body = if bare { "" } else { &answer.body };
    let _ = stream
        .write_all(format!("{head}\r\n{body}").as_bytes())
        .await;
}

/// The request, once all of it is there.
fn read(bytes: &[u8]) -> Option<Asked> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(bytes).unwrap() else {
        return None;
    };
    let size = head
        .headers
        .iter()
        .find(|h| h.name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |h| String::from_utf8_lossy(h.value).parse().unwrap());
    let body = bytes.get(length..length + size)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let named = head.headers.iter();
    let headers = named.map(|h| (h.name.to_ascii_lowercase(), text(h.value)));
    let headers = headers.collect();
    let url = reqwest::Url::parse(&format!("http://store{}", head.path?)).unwrap();
    let decoded = |piece: &str| {
        let pair = format!("x={}", piece.replace('+', "%2B"));
        let url = reqwest::Url::parse(&format!("http://store/?{pair}")).unwrap();
        url.query_pairs().next().unwrap().1.into_owned()
    };
    Some(Asked {
        method: head.method?.to_owned(),
        path: url.path_segments().unwrap().map(decoded).collect(),
        query: url.query_pairs().into_owned().collect(),
        headers,
        body: String::from_utf8_lossy(body).into_owned(),
    })
}

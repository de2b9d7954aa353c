//! A socket-level sender, for requests that no honest client makes.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::http::{LIMITED, pause};
use super::{Http, Request};
use crate::model::{Body, Exchange, Outcome, Sent};

/// No more than this is read of any answer, bytes.
const LARGEST: usize = 1024 * 1024;

/// Sends these bytes as they are on a connection of its own and reads one answer.
///
/// `says` names the request in the journal (`GET /venues/%ZZ`, say). The answer ends where its length
/// says so, where the service closes, or at `patience`. A 429 is asked again as [`Http`] does it.
pub async fn send(http: &Http, says: (&str, &str), bytes: &[u8], patience: Duration) -> Exchange {
    let sent = Sent {
        method: says.0.to_owned(),
        base: http.base().to_owned(),
        path: says.1.to_owned(),
        headers: Vec::new(),
        body: Some(Body {
            text: String::from_utf8_lossy(bytes).into_owned(),
            bytes: bytes.len() as u64,
            cut: false,
        }),
    };
    patiently(http, &sent, bytes, patience, None).await
}

/// Sends a request byte for byte, for headers that no HTTP client would send.
pub(super) async fn send_request(request: &Request, patience: Duration) -> Exchange {
    let body = request.sent().body.as_ref().map(|b| b.text.as_bytes());
    send_bytes(request, body, patience).await
}

/// The same with a body that need not be text.
pub(super) async fn send_bytes(
    request: &Request,
    body: Option<&[u8]>,
    patience: Duration,
) -> Exchange {
    let (http, parent) = request.whom();
    let bytes = with_body(request, body);
    patiently(http, request.sent(), &bytes, patience, parent).await
}

/// The same with a body that comes in pieces (RFC 9112 §7.1), so that nobody knows its length before its end.
pub(super) async fn send_in_pieces(request: &Request, body: &[u8], patience: Duration) -> Exchange {
    let (http, parent) = request.whom();
    let mut bytes = head(request).into_bytes();
    bytes.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
    for piece in body.chunks(PIECE) {
        bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    patiently(http, request.sent(), &bytes, patience, parent).await
}

/// A request as it goes over the wire, for whoever sends it in a way of their own.
pub fn written(request: &Request) -> Vec<u8> {
    let body = request.sent().body.as_ref().map(|b| b.text.as_bytes());
    with_body(request, body)
}

fn with_body(request: &Request, body: Option<&[u8]>) -> Vec<u8> {
    let mut head = head(request);
    if let Some(body) = body {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    [head.as_bytes(), b"\r\n", body.unwrap_or_default()].concat()
}

/// How large a piece of a body is, bytes.
const PIECE: usize = 32 * 1024;

/// The lines of a request before those about its body.
fn head(request: &Request) -> String {
    let sent = request.sent();
    let host = sent.base.trim_start_matches("http://");
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: {host}\r\nuser-agent: grader\r\naccept: */*\r\nconnection: close\r\n",
        sent.method, sent.path
    );
    for (name, value) in &sent.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head
}

/// Opens a connection to the service that this request asks. None when it takes none.
pub async fn connect(request: &Request) -> Option<TcpStream> {
    let address = request.sent().base.trim_start_matches("http://");
    TcpStream::connect(address).await.ok()
}

/// Sends a request and leaves the answer unread. None when the service takes no connection.
pub async fn leave_unread(request: &Request) -> Option<TcpStream> {
    let mut stream = connect(request).await?;
    let sent = stream.write_all(&written(request)).await;
    sent.ok().map(|()| stream)
}

async fn patiently(
    http: &Http,
    sent: &Sent,
    bytes: &[u8],
    patience: Duration,
    parent: Option<u64>,
) -> Exchange {
    let mut seen = once(http, sent.clone(), bytes, patience, parent).await;
    for _ in 0..LIMITED {
        let Some(wait) = pause(&seen) else { break };
        tokio::time::sleep(wait).await;
        seen = once(http, sent.clone(), bytes, patience, Some(seen.number)).await;
    }
    seen
}

async fn once(
    http: &Http,
    sent: Sent,
    bytes: &[u8],
    patience: Duration,
    parent: Option<u64>,
) -> Exchange {
    let started = Instant::now();
    let address = sent.base.trim_start_matches("http://").to_owned();
    let head = sent.method == "HEAD";
    let outcome = match tokio::time::timeout(patience, exchange(&address, bytes, head)).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::TimedOut {
            after_millis: u64::try_from(patience.as_millis()).unwrap_or(u64::MAX),
        },
    };
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    http.record(parent, sent, outcome, millis)
}

async fn exchange(address: &str, bytes: &[u8], head: bool) -> Outcome {
    let mut stream = match TcpStream::connect(address).await {
        Ok(stream) => stream,
        Err(error) => {
            return Outcome::Refused {
                why: error.to_string(),
            };
        }
    };
    // A service may answer, and close or stop reading, before everything is written: what it said still counts.
    let (mut reader, mut writer) = stream.split();
    let mut writing = std::pin::pin!(writer.write_all(bytes));
    let mut written = None;
    let mut read = Vec::new();
    loop {
        let mut chunk = [0; 8192];
        let seen = tokio::select! {
            done = &mut writing, if written.is_none() => {
                written = Some(done);
                continue;
            }
            seen = reader.read(&mut chunk) => seen,
        };
        match seen {
            Ok(0) => break,
            Ok(n) => read.extend_from_slice(&chunk[..n]),
            Err(error) if read.is_empty() => {
                let failed = written.and_then(Result::err);
                let why = failed.unwrap_or(error).to_string();
                return Outcome::Refused { why };
            }
            Err(_) => break,
        }
        if read.len() > LARGEST {
            return Outcome::TooLarge {
                limit: LARGEST as u64,
            };
        }
        if let Parsed::Whole(outcome) = parse(&read, false, head) {
            return outcome;
        }
    }
    match parse(&read, true, head) {
        Parsed::Whole(outcome) => outcome,
        Parsed::Part if read.is_empty() => Outcome::Refused {
            why: "closed without an answer".to_owned(),
        },
        Parsed::Part => Outcome::CutShort {
            why: "closed in the middle of the answer".to_owned(),
        },
    }
}

enum Parsed {
    Whole(Outcome),
    Part,
}

/// Reads one HTTP/1.1 answer (RFC 9112 §6.3 for where its body ends; a chunked body is kept as framed). The answer to
/// a HEAD has no body whatever its headers say, so all that comes before the end is looked at.
fn parse(bytes: &[u8], closed: bool, head: bool) -> Parsed {
    let mut slots = [httparse::EMPTY_HEADER; 128];
    let mut response = httparse::Response::new(&mut slots);
    let end = match response.parse(bytes) {
        Ok(httparse::Status::Complete(end)) => end,
        Ok(httparse::Status::Partial) => return Parsed::Part,
        Err(error) => {
            return Parsed::Whole(Outcome::Garbled {
                why: error.to_string(),
            });
        }
    };
    let status = response.code.unwrap_or_default();
    let headers: Vec<(String, String)> = response
        .headers
        .iter()
        .map(|h| {
            (
                h.name.to_ascii_lowercase(),
                String::from_utf8_lossy(h.value).into_owned(),
            )
        })
        .collect();
    let body = &bytes[end..];
    let value = |name: &str| {
        headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    };
    let whole = if head {
        closed
    } else if status == 204 || status == 304 || (100..200).contains(&status) {
        true
    } else if value("transfer-encoding").is_some_and(|v| v.to_ascii_lowercase().contains("chunked"))
    {
        body.ends_with(b"0\r\n\r\n")
    } else if let Some(length) =
        value("content-length").and_then(|v| v.trim().parse::<usize>().ok())
    {
        body.len() >= length
    } else {
        closed
    };
    if !whole {
        return Parsed::Part;
    }
    let text = String::from_utf8_lossy(body).into_owned();
    let bytes = body.len() as u64;
    Parsed::Whole(Outcome::Answered {
        status,
        headers,
        body: Body {
            text,
            bytes,
            cut: false,
        },
    })
}

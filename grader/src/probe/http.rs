//! The recorded HTTP client. It tells the truth: no redirect is followed, nothing is decompressed, no
//! connection is used twice, and whatever the service does becomes an [`Exchange`].

use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::Journal;
use crate::model::{Body, Doing, Exchange, Fault, Outcome, Sent};

/// No answer of a contract is larger than this, bytes; an endless one is cut off here.
const LARGEST: usize = 4 * 1024 * 1024;

/// How long a service may take for one answer. Generous, because a slow machine is not a wrong service.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often, and after how long a wait, a request is repeated that met a limit on requests.
pub(super) const LIMITED: usize = 4;
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A client for one world, bound to the check that asks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    base: String,
    check: String,
    journal: Journal,
    patience: Duration,
}

/// A request in the making; [`Request::send`] asks it.
#[derive(Debug, Clone)]
pub struct Request {
    http: Http,
    parent: Option<u64>,
    sent: Sent,
}

impl Http {
    /// A client that asks `base` (scheme, host, port) and records into `journal`.
    ///
    /// # Errors
    /// When the TLS or connector set-up of this machine fails.
    pub fn new(base: &str, journal: Journal) -> Result<Self, Fault> {
        let client = crate::runtime::tls::client(base)
            .redirect(reqwest::redirect::Policy::none())
            // A pooled connection that the service closes at the wrong moment looks like a crash of it.
            .pool_max_idle_per_host(0)
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            .user_agent("grader")
            .connect_timeout(PATIENCE)
            .build()
            .doing("setting up the HTTP client")?;
        Ok(Self {
            client,
            base: base.trim_end_matches('/').to_owned(),
            check: String::new(),
            journal,
            patience: PATIENCE,
        })
    }

    /// The same client, its exchanges recorded under this check's id.
    #[must_use]
    pub fn asked_by(&self, check: &str) -> Self {
        Self {
            check: check.to_owned(),
            ..self.clone()
        }
    }

    /// The same client asking another base (a second replica, a port that moved).
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            ..self.clone()
        }
    }

    /// The same client with another limit in time for one answer.
    #[must_use]
    pub fn patient(&self, patience: Duration) -> Self {
        Self {
            patience,
            ..self.clone()
        }
    }

    /// The journal it writes to.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Scheme, host and port it asks.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Starts a request; `path` is sent as given and begins with `/`.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request {
            http: self.clone(),
            parent: None,
            sent: Sent {
                method: method.to_ascii_uppercase(),
                base: self.base.clone(),
                path: path.to_owned(),
                headers: Vec::new(),
                body: None,
            },
        }
    }

    pub(super) fn record(
        &self,
        parent: Option<u64>,
        sent: Sent,
        outcome: Outcome,
        millis: u64,
    ) -> Exchange {
        self.journal
            .keep(&self.check, parent, sent, outcome, millis)
    }
}

impl Request {
    /// Adds a header; the order is kept.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.sent.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a JSON body and its content type.
    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        self.header("content-type", "application/json")
            .text(value.to_string())
    }

    /// Sets a body of text without saying what it is.
    #[must_use]
    pub fn text(mut self, text: String) -> Self {
        self.sent.body = Some(Body {
            bytes: text.len() as u64,
            text,
            cut: false,
        });
        self
    }

    /// Takes every header of this name away.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        let headers = &mut self.sent.headers;
        headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    /// What would be sent.
    pub fn sent(&self) -> &Sent {
        &self.sent
    }

    /// Whom it asks, and which exchange it follows from.
    pub(super) fn whom(&self) -> (&Http, Option<u64>) {
        (&self.http, self.parent)
    }

    /// Asks another client's address.
    #[must_use]
    pub fn at(mut self, http: &Http) -> Self {
        self.sent.base.clone_from(&http.base);
        self.http = http.clone();
        self
    }

    /// Says which exchange this one follows from.
    #[must_use]
    pub fn after(mut self, parent: &Exchange) -> Self {
        self.parent = Some(parent.number);
        self
    }

    /// Asks. Refused, timed out, cut short or garbled: all of it is an [`Exchange`]. A 429 (RFC 6585 §4) is
    /// asked again after the time the service names, a few times and for a few seconds.
    ///
    /// # Errors
    /// Only when the request could not be formed (a header with a line break, a path that is none).
    pub async fn send(self) -> Result<Exchange, Fault> {
        let mut exchange = self.clone().ask().await?;
        for _ in 0..LIMITED {
            let Some(wait) = pause(&exchange) else { break };
            tokio::time::sleep(wait).await;
            exchange = self.clone().after(&exchange).ask().await?;
        }
        Ok(exchange)
    }

    /// Asks, whatever stands in the headers: what an HTTP client refuses to send goes out byte for byte.
    ///
    /// # Errors
    /// Only when the path is none.
    pub async fn send_anyway(self) -> Result<Exchange, Fault> {
        let plain = |v: &String| v.bytes().all(|b| (0x20..0x7f).contains(&b)) && v.trim() == v;
        if self.sent.headers.iter().all(|(_, value)| plain(value)) {
            return self.send().await;
        }
        Ok(super::raw::send_request(&self, self.http.patience).await)
    }

    /// Asks with the path as it is written: an HTTP client would resolve `/./` and `/../` before it sends them.
    pub async fn send_as_written(self) -> Exchange {
        super::raw::send_request(&self, self.http.patience).await
    }

    /// Asks with these bytes as its body, be they text or not. None where they are not and the service is reached
    /// through TLS, which the sender of raw bytes does not speak.
    ///
    /// # Errors
    /// Only when the request could not be formed.
    pub async fn send_body(mut self, bytes: Vec<u8>) -> Result<Option<Exchange>, Fault> {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let same = text.as_bytes() == bytes;
        self.sent.body = Some(Body {
            bytes: bytes.len() as u64,
            text,
            cut: false,
        });
        if same {
            return self.send().await.map(Some);
        }
        if self.sent.base.starts_with("https") {
            return Ok(None);
        }
        let patience = self.http.patience;
        Ok(Some(
            super::raw::send_bytes(&self, Some(&bytes), patience).await,
        ))
    }

    /// Asks with a body that comes in pieces and does not say how long it is. Not through TLS.
    pub async fn send_in_pieces(mut self, bytes: &[u8]) -> Exchange {
        self.sent.body = Some(Body {
            bytes: bytes.len() as u64,
            text: String::from_utf8_lossy(bytes).into_owned(),
            cut: false,
        });
        super::raw::send_in_pieces(&self, bytes, self.http.patience).await
    }

    /// The same asked at another path.
    #[must_use]
    pub fn to(mut self, path: String) -> Self {
        self.sent.path = path;
        self
    }

    async fn ask(self) -> Result<Exchange, Fault> {
        let started = Instant::now();
        let request = self.form()?;
        let answered = tokio::time::timeout(self.http.patience, self.http.exchange(request)).await;
        let outcome = answered.unwrap_or(Outcome::TimedOut {
            after_millis: millis(self.http.patience),
        });
        self.http.journal.at_work(&self.sent.base, started);
        let took = millis(started.elapsed());
        Ok(self.http.record(self.parent, self.sent, outcome, took))
    }

    fn form(&self) -> Result<reqwest::Request, Fault> {
        let doing = || format!("forming {} {}", self.sent.method, self.sent.path);
        let method = Method::from_bytes(self.sent.method.as_bytes()).doing(doing())?;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.sent.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).doing(doing())?;
            headers.append(name, HeaderValue::from_str(value).doing(doing())?);
        }
        let mut request = self
            .http
            .client
            .request(method, format!("{}{}", self.sent.base, self.sent.path))
            .headers(headers);
        if let Some(body) = &self.sent.body {
            request = request.body(body.text.clone());
        }
        request.build().doing(doing())
    }
}

/// How long a request that was put off should wait before it is asked again; none where it was answered, or where the
/// wait is too long.
pub(super) fn pause(exchange: &Exchange) -> Option<Duration> {
    if exchange.status() != Some(429) {
        return None;
    }
    let named = exchange
        .header("retry-after")
        .and_then(|v| v.trim().parse().ok());
    let wait = named.map_or(PAUSE, Duration::from_secs);
    (wait <= LONGEST_PAUSE).then_some(wait)
}

impl Http {
    async fn exchange(&self, request: reqwest::Request) -> Outcome {
        let response = match self.client.execute(request).await {
            Ok(response) => response,
            Err(error) => return broken(&error, false),
        };
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(n, v)| {
                (
                    n.to_string(),
                    String::from_utf8_lossy(v.as_bytes()).into_owned(),
                )
            })
            .collect();
        let mut bytes = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            match chunk {
                Ok(chunk) => bytes.extend_from_slice(&chunk),
                Err(error) => return broken(&error, true),
            }
            if bytes.len() > LARGEST {
                return Outcome::TooLarge {
                    limit: LARGEST as u64,
                };
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Outcome::Answered {
            status,
            headers,
            body: Body {
                text,
                bytes: bytes.len() as u64,
                cut: false,
            },
        }
    }
}

/// Sorts a client error: did nobody answer, did the answer break off, or was it no HTTP?
fn broken(error: &reqwest::Error, begun: bool) -> Outcome {
    let why = innermost(error);
    if error.is_timeout() {
        return Outcome::TimedOut {
            after_millis: millis(PATIENCE),
        };
    }
    let parse = [
        "invalid HTTP",
        "invalid content-length",
        "message head is too large",
        "invalid chunk",
    ];
    if parse.iter().any(|p| why.contains(p)) {
        Outcome::Garbled { why }
    } else if begun {
        Outcome::CutShort { why }
    } else {
        Outcome::Refused { why }
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

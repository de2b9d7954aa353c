//! Asking a service whether it is ready: one plain request.

use std::fmt;
use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};

use crate::model::{Doing, Fault};

/// How long one request may take; the next one follows.
const PATIENCE: Duration = Duration::from_secs(3);

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 2xx.
    Ready,
    /// Another status.
    Status(u16),
    /// 3xx, and where it sends whoever asks. No redirect is followed.
    Elsewhere(u16, String),
    /// Nobody listens.
    Refused,
    /// Connected, and no answer in time.
    Silence,
    /// An answer that is no HTTP, or broke off.
    NotHttp,
    /// HTTPS with a certificate that this machine does not trust, and why.
    Untrusted(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("2xx"),
            Self::Status(status) => match StatusCode::from_u16(*status)
                .ok()
                .and_then(|s| s.canonical_reason())
            {
                Some(reason) => write!(f, "{status} {reason}"),
                None => write!(f, "{status}"),
            },
            Self::Elsewhere(status, to) => write!(f, "{status} to {to}"),
            Self::Untrusted(why) => write!(f, "a certificate that is not trusted: {why}"),
            Self::Refused => f.write_str("connection refused"),
            Self::Silence => f.write_str("connected, no answer"),
            Self::NotHttp => f.write_str("an answer that is not HTTP"),
        }
    }
}

/// Why there is no connection: with HTTPS, somebody may well listen.
fn unconnected(error: &reqwest::Error) -> Answer {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let why = cause.to_string();
    if why.contains("certificate") {
        Answer::Untrusted(why)
    } else if why.contains("corrupt message") || why.contains("tls handshake") {
        Answer::NotHttp
    } else {
        Answer::Refused
    }
}

/// Asks by one operation.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    client: Client,
    method: Method,
    path: String,
}

impl Asker {
    /// For an operation, method and path, of services at addresses that begin as `base` does.
    pub(crate) fn new(ready: &(String, String), base: &str) -> Result<Self, Fault> {
        // No connection is kept: a question must not find the answer of a process that has gone.
        let client = (super::tls::client(base).no_proxy().redirect(Policy::none()))
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE)
            .build()
            .doing("making the client that waits for the service")?;
        let method = Method::from_bytes(ready.0.to_uppercase().as_bytes());
        Ok(Self {
            client,
            method: method.doing("reading the ready operation")?,
            path: ready.1.clone(),
        })
    }

    /// Asks the service at `base`, for example `http://127.0.0.1:8080`.
    pub(crate) async fn ask(&self, base: &str) -> Answer {
        let url = format!("{}{}", base.trim_end_matches('/'), self.path);
        match self.client.request(self.method.clone(), url).send().await {
            Ok(answer) if answer.status().is_success() => Answer::Ready,
            Ok(answer) => {
                let status = answer.status();
                let to = answer.headers().get(LOCATION).and_then(|v| v.to_str().ok());
                match to.filter(|_| status.is_redirection()) {
                    Some(to) => Answer::Elsewhere(status.as_u16(), to.to_owned()),
                    None => Answer::Status(status.as_u16()),
                }
            }
            Err(error) if error.is_connect() => unconnected(&error),
            Err(error) if error.is_timeout() => Answer::Silence,
            Err(_) => Answer::NotHttp,
        }
    }

    /// The operation as a reader names it: `GET /healthz`.
    pub(crate) fn operation(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

//! What we saw. Everything a finding rests on can be printed, and asked again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One request and what came of it. A service that refuses, hangs or garbles still gives an exchange;
/// nothing a service does is an error of ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exchange {
    /// Its number in the journal of this run, from 1. Not stable between runs: never shown in a finding's text.
    pub number: u64,
    /// The check that asked.
    pub check: String,
    /// The exchange this one follows from (a read of what was created, say).
    pub parent: Option<u64>,
    /// What we sent.
    pub sent: Sent,
    /// What came of it.
    pub outcome: Outcome,
    /// From the first byte sent to the last byte read, milliseconds.
    pub millis: u64,
}

impl Exchange {
    /// The status, if an answer came.
    pub fn status(&self) -> Option<u16> {
        match &self.outcome {
            Outcome::Answered { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The body as JSON, if an answer came and it is JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        match &self.outcome {
            Outcome::Answered { body, .. } => serde_json::from_str(&body.text).ok(),
            _ => None,
        }
    }

    /// The first header with this name (any case), if an answer came.
    pub fn header(&self, name: &str) -> Option<&str> {
        match &self.outcome {
            Outcome::Answered { headers, .. } => headers
                .iter()
                .find(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, v)| v.as_str()),
            _ => None,
        }
    }

    /// `POST /venues`: method and path without a query, as a reader names it.
    pub fn line(&self) -> String {
        format!("{} {}", self.sent.method, self.sent.path)
    }
}

/// A request as it left us.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sent {
    /// The method, upper case.
    pub method: String,
    /// Scheme, host and port, for example `http://127.0.0.1:40123`.
    pub base: String,
    /// Path and query as sent.
    pub path: String,
    /// Headers in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body, if any.
    pub body: Option<Body>,
}

/// A body, cut to what a report can carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// The text; bytes that are no UTF-8 stand as U+FFFD.
    pub text: String,
    /// The whole length in bytes as seen, which may be more than `text` holds.
    pub bytes: u64,
    /// Whether `text` was cut.
    pub cut: bool,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// An HTTP answer.
    Answered {
        /// Its status code.
        status: u16,
        /// Its headers in order.
        headers: Vec<(String, String)>,
        /// Its body.
        body: Body,
    },
    /// Nobody listens there, or the connection was refused or reset before an answer began.
    Refused {
        /// What the system said.
        why: String,
    },
    /// No complete answer within the limit.
    TimedOut {
        /// The limit in milliseconds.
        after_millis: u64,
    },
    /// The answer began and broke off.
    CutShort {
        /// What the system said.
        why: String,
    },
    /// The answer is not HTTP, or not decodable.
    Garbled {
        /// What was wrong with it.
        why: String,
    },
    /// The answer has more bytes than we read of any answer.
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
}

/// One SQL statement that a request caused, from the server's own log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// The text as the server got it.
    pub sql: String,
    /// Values that travelled beside the text, `$1` first, as text; NULL as `null`. Empty where they stand in the text.
    #[serde(default)]
    pub parameters: Vec<Option<String>>,
    /// Which of the service's database sessions sent it, from 1 in the order in which they first spoke.
    #[serde(default)]
    pub session: u32,
    /// Whether it ran inside another statement: in a function, a trigger or a foreign key check.
    #[serde(default)]
    pub nested: bool,
    /// SQLSTATE if it failed.
    pub sqlstate: Option<String>,
    /// Rows that came out of its plan's top node.
    pub rows: Option<f64>,
    /// Its plan (auto_explain JSON), if it has one.
    pub plan: Option<serde_json::Value>,
}

/// One piece of what a finding rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// A request and its answer.
    Exchange {
        /// What it shows.
        says: String,
        /// The exchange itself.
        exchange: Box<Exchange>,
        /// The command that asks it again.
        curl: String,
    },
    /// Rows of a table.
    Rows {
        /// What they show.
        says: String,
        /// Schema-qualified table.
        table: String,
        /// Column names.
        columns: Vec<String>,
        /// Values as text, NULL as `null`.
        rows: Vec<Vec<Option<String>>>,
        /// The query that shows them again.
        sql: String,
    },
    /// SQL statements that one request caused.
    Statements {
        /// What they show.
        says: String,
        /// The statements in order.
        statements: Vec<Statement>,
    },
    /// Lines of the service's or the build's output.
    Log {
        /// What they show.
        says: String,
        /// The last lines.
        lines: Vec<String>,
    },
    /// What something costs, against how much there is.
    Growth {
        /// What it shows.
        says: String,
        /// What is counted: `rows read`, say.
        what: String,
        /// Against what: `rows in all tables`, say.
        against: String,
        /// How much there was, and what it cost then.
        points: Vec<(f64, f64)>,
    },
    /// A plain observation (a socket, a file, an exit code).
    Note {
        /// The observation.
        says: String,
    },
}

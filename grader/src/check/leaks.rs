//! What no error may show: where the code stands, what it asked the database, what it was told in secret.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::obstacle::WORDS;
use super::{Cx, Raised};
use crate::model::{Exchange, Outcome};
use crate::pack::{Pack, Role, Signing, env_account};

/// What gives the inside away, and how it is called.
static SIGNS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let compiled = |(what, sign): &(&'static str, &str)| Some((*what, Regex::new(sign).ok()?));
    PATTERNS.iter().filter_map(compiled).collect()
});

const TRACE: &str = "where in the code it happened";
const DATABASE: &str = "what the database said";
const LIBRARY: &str = "the words of a library";
const SECRET: &str = "what it was told in secret";
const MACHINE: &str = "the machine behind the service";

const PATTERNS: [(&str, &str); 15] = [
    // Said by a disturbance of our own.
    (DATABASE, WORDS),
    // Node
    (
        TRACE,
        r"(?m)^\s+at .+\((?:/|node:|file:)[^)]*:\d+:\d+\)|^\s+at (?:async )?(?:/|node:|file:)\S*:\d+:\d+|node_modules/",
    ),
    // Python
    (
        TRACE,
        r#"Traceback \(most recent call last\)|File "[^"]+\.py", line \d+"#,
    ),
    // Java and Kotlin
    (
        TRACE,
        r"\bat [\w.$]+\(\w+\.(?:java|kt):\d+\)|\b(?:java|javax|jakarta|org\.(?:springframework|hibernate|postgresql))\.[\w.]*Exception",
    ),
    // Go
    (TRACE, r"goroutine \d+ \[|\bpanic: |\b\w+\.go:\d+\b"),
    // Rust
    (TRACE, r"panicked at |RUST_BACKTRACE|\bsrc/[\w/]+\.rs:\d+"),
    // Ruby
    (TRACE, r"\.rb:\d+:in |ActiveRecord::|\bPG::[A-Z]\w+"),
    // PHP
    (
        TRACE,
        r"(?i)fatal error: .+ in .+ on line \d+|stack trace:\s+#0|\.php on line \d+",
    ),
    // .NET
    (
        TRACE,
        r"(?m)^\s+at [\w.`<>]+\(.*\) in .+:line \d+|\bSystem\.\w+Exception|\bNpgsql\.",
    ),
    (
        DATABASE,
        r#"violates (?:unique|foreign key|check|not-null|exclusion) constraint|syntax error at or near|invalid input syntax for type|(?:relation|column) "[^"]+" (?:of relation "[^"]+" )?does not exist|current transaction is aborted|invalid byte sequence for encoding|out of range for type|value too long for type|null value in column "#,
    ),
    (
        DATABASE,
        r"password authentication failed|terminating connection|too many connections for role|remaining connection slots|the database system is |server closed the connection|connection to server at |SQLSTATE|PL/pgSQL function |(?m)^(?:CONTEXT|FATAL|DETAIL|HINT):  \S",
    ),
    (
        LIBRARY,
        r"PrismaClient|Sequelize\w*Error|QueryFailedError|sqlalchemy\.|\bpsycopg|\basyncpg\b|MikroORM|\bKnex|\bpq: |\bpgx?\b.*failed to connect|sqlx::|tokio_postgres|diesel::|org\.hibernate",
    ),
    (
        MACHINE,
        r"postgres(?:ql)?://[^\s\x22]+:[^\s\x22]+@|ECONNREFUSED|ECONNRESET|getaddrinfo|/usr/src/app|/site-packages/|/home/\w+/|\b[A-Z]:\\(?:Users|Program|Windows|inetpub|app|src)\b",
    ),
    (
        LIBRARY,
        r"Whitelabel Error Page|Werkzeug Debugger|DEBUG = True",
    ),
    (
        DATABASE,
        r"(?s)\b(?:SELECT\s.{1,300}\sFROM\s|INSERT\s+INTO\s+\S+\s*\(|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s+\S+\s+WHERE\s)",
    ),
];

/// Something that an error shows and should not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leak {
    /// What it is: `where in the code it happened`.
    pub(crate) what: &'static str,
    /// The part of the answer that shows it.
    pub(crate) shown: String,
}

/// What the service was told and nobody else may hear: what it is called, and its text.
pub(crate) fn secrets(cx: &Cx) -> Vec<(String, String)> {
    secrets_of(&cx.raised, &cx.pack())
}

/// The same of a world.
pub(crate) fn secrets_of(raised: &Raised, pack: &Pack) -> Vec<(String, String)> {
    let mut secrets = Vec::new();
    if let Some(database) = raised.world.database() {
        secrets.push(("the name of its database".to_owned(), database.name.clone()));
        secrets.push((
            "the role it has in its database".to_owned(),
            database.role().to_owned(),
        ));
        let url: Result<tokio_postgres::Config, _> = database.service_url.parse();
        let password = url.ok().and_then(|u| Some(u.get_password()?.to_vec()));
        let password = password.map(|p| String::from_utf8_lossy(&p).into_owned());
        let named = |p| ("the password of its database".to_owned(), p);
        secrets.extend(password.map(named));
    }
    let variable = match pack.auth.as_ref().and_then(|a| a.env.signing.as_ref()) {
        Some(Signing::Shared { secret, .. }) => Some(secret),
        Some(Signing::Pair { private, .. }) => Some(private),
        None => None,
    };
    let key = variable.and_then(|v| raised.keys.env().get(v));
    secrets.extend(key.map(|k| ("the key it signs with".to_owned(), k.clone())));
    for (role, how) in &pack.roles {
        let Role::Env(variables) = how else { continue };
        let hidden = variables.keys().filter(|n| n.contains("pass"));
        secrets
            .extend(hidden.map(|n| (format!("the password of the {role}"), env_account(role, n))));
    }
    secrets
}

/// What an answer shows of the inside; each kind once. What we sent ourselves is taken out first.
pub(crate) fn leaks(exchange: &Exchange, secrets: &[(String, String)]) -> Vec<Leak> {
    let whole = said(exchange);
    if !is_suspicious(&whole, secrets) {
        return Vec::new();
    }
    let text = without_echo(&whole, exchange);
    let mut kinds = BTreeSet::new();
    let mut all = Vec::new();
    let secret = secrets.iter().filter(|(_, s)| s.len() >= 6);
    let told = secret.filter(|(_, s)| text.contains(s.as_str()));
    let told: Vec<&str> = told.map(|(what, _)| what.as_str()).collect();
    if !told.is_empty() {
        all.push(Leak {
            what: SECRET,
            shown: told.join(", "),
        });
    }
    for (what, sign) in SIGNS.iter() {
        if let Some(found) = sign.find(&text)
            && kinds.insert(*what)
        {
            // Paths and addresses are those of one machine: they stand in the evidence, and nowhere else.
            let shown = match *what {
                TRACE => "a line of a stack trace".to_owned(),
                MACHINE => "an address or a path".to_owned(),
                _ => format!("`{}`", excerpt(found.as_str())),
            };
            all.push(Leak { what, shown });
        }
    }
    all
}

/// Whether a text shows anything at all, be it an echo or not.
fn is_suspicious(text: &str, secrets: &[(String, String)]) -> bool {
    let told = |(_, secret): &(String, String)| text.contains(secret.as_str());
    SIGNS.iter().any(|(_, sign)| sign.is_match(text)) || secrets.iter().any(told)
}

/// The header in which an answer says the exact version of what made it, if one does.
pub(crate) fn version(exchange: &Exchange) -> Option<String> {
    let named = ["server", "x-powered-by", "x-aspnet-version"];
    named.iter().find_map(|name| {
        let value = exchange.header(name)?;
        let exact = value.contains('.') && value.chars().any(|c| c.is_ascii_digit());
        exact.then(|| format!("{name}: {value}"))
    })
}

/// One line of at most eighty characters.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Everything that an answer says: its headers, and the texts of its body as they are meant (in JSON a line break is
/// written in two signs).
fn said(exchange: &Exchange) -> String {
    let Outcome::Answered { headers, body, .. } = &exchange.outcome else {
        return String::new();
    };
    let mut lines: Vec<String> = headers.iter().map(|(n, v)| format!("{n}: {v}")).collect();
    match serde_json::from_str::<Value>(&body.text) {
        Ok(value) => gather(&value, &mut lines),
        Err(_) => lines.push(body.text.clone()),
    }
    lines.join("\n")
}

fn gather(value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::String(text) => lines.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|v| gather(v, lines)),
        Value::Object(all) => {
            for (name, value) in all {
                lines.push(name.clone());
                gather(value, lines);
            }
        }
        _ => {}
    }
}

/// The same without what the request itself carried: an answer may repeat that.
fn without_echo(text: &str, exchange: &Exchange) -> String {
    let sent = &exchange.sent;
    let mut echoed: Vec<String> = sent
        .path
        .split(['/', '?', '&', '='])
        .map(str::to_owned)
        .collect();
    echoed.push(sent.path.clone());
    echoed.extend(sent.headers.iter().map(|(_, v)| v.clone()));
    if let Some(body) = &sent.body {
        echoed.push(body.text.clone());
        if let Ok(value) = serde_json::from_str::<Value>(&body.text) {
            gather(&value, &mut echoed);
        }
    }
    echoed.retain(|e| e.len() >= 6);
    echoed.sort_by_key(|e| std::cmp::Reverse(e.len()));
    let strip = |text: String, echo: &String| text.replace(echo.as_str(), " ");
    echoed.iter().fold(text.to_owned(), strip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Sent};

    fn body(text: &str) -> Body {
        Body {
            text: text.to_owned(),
            bytes: text.len() as u64,
            cut: false,
        }
    }

    fn answered(text: &str, path: &str) -> Exchange {
        Exchange {
            number: 1,
            check: String::new(),
            parent: None,
            sent: Sent {
                method: "GET".into(),
                base: String::new(),
                path: path.into(),
                headers: Vec::new(),
                body: None,
            },
            outcome: Outcome::Answered {
                status: 500,
                headers: vec![("server".into(), "waitress".into())],
                body: body(text),
            },
            millis: 1,
        }
    }

    fn found(text: &str) -> Vec<String> {
        let all = leaks(&answered(text, "/"), &[]);
        all.into_iter().map(|l| l.what.to_owned()).collect()
    }

    #[test]
    fn every_sign_can_be_read_and_shows_itself() {
        assert_eq!(SIGNS.len(), PATTERNS.len());
        let samples = [
            (
                TRACE,
                r#"{"stack":"Error: x\n    at Object.run (/app/src/db.js:10:7)"}"#,
            ),
            (
                TRACE,
                r#"{"detail":"  File \"/app/venues.py\", line 7, in create"}"#,
            ),
            (
                TRACE,
                "java.lang.NullPointerException\n\tat com.acme.Venue(Venue.java:12)",
            ),
            (TRACE, "goroutine 7 [running]:\nmain.go:42"),
            (TRACE, "thread 'main' panicked at src/main.rs:10:5"),
            (TRACE, "app/models/venue.rb:7:in `create'"),
            (
                TRACE,
                "Fatal error: uncaught exception in /var/www/index.php on line 3",
            ),
            (
                TRACE,
                "System.NullReferenceException: x\n   at App.Run() in /src/App.cs:line 4",
            ),
            (
                DATABASE,
                r#"{"error":"duplicate key value violates unique constraint \"venue_key\""}"#,
            ),
            (DATABASE, "FATAL:  too many connections for role \"x\""),
            (
                DATABASE,
                r#"{"sql":"SELECT id, name FROM venue WHERE id = 7"}"#,
            ),
            (LIBRARY, "(psycopg.errors.UniqueViolation)"),
            (LIBRARY, "<title>Werkzeug Debugger</title>"),
            (MACHINE, "connect ECONNREFUSED 127.0.0.1:5432"),
            (MACHINE, "postgres://app:secret@db:5432/app"),
        ];
        for (what, sample) in samples {
            assert!(found(sample).iter().any(|f| f == what), "{sample}");
        }
    }

    #[test]
    fn an_orderly_error_shows_nothing() {
        for text in [
            r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Expecting value: line 1 column 2 (char 1)"}"#,
            r#"{"title":"Conflict","status":409,"detail":"This city already has a venue of this name."}"#,
            r#"{"title":"Service Unavailable","status":503,"detail":"The service cannot reach its database. Try again later."}"#,
            r#"{"detail":"code must match X:\\d+, DETAIL: four digits"}"#,
            r#"{"error":"Select a date from the list, update the set, or insert into the form."}"#,
            "Not Found",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn what_was_sent_may_come_back_and_what_was_told_may_not() {
        let path = "/venues/ECONNREFUSED";
        assert!(leaks(&answered("nothing at /venues/ECONNREFUSED", path), &[]).is_empty());
        let secrets = [("the key".to_owned(), "zq7-secret".to_owned())];
        let shown = leaks(&answered(r#"{"env":{"KEY":"zq7-secret"}}"#, "/"), &secrets);
        assert_eq!(
            (shown[0].what, shown[0].shown.as_str()),
            (SECRET, "the key")
        );
    }
}

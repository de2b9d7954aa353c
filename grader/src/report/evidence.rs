//! Evidence in a few lines of plain text, as every renderer shows it, and the line that asks again.

use super::text::{count, cut, one_line, visible};
use crate::model::{Body, Evidence, Exchange, Outcome, Report, RuntimeKind, Sent};

/// How much of a body, a statement or a row is shown, in characters.
const LONG: usize = 240;
/// How many rows, statements or log lines are shown.
const MANY: usize = 8;

/// What a piece of evidence shows, in one sentence.
pub(super) fn says(piece: &Evidence) -> &str {
    match piece {
        Evidence::Exchange { says, .. }
        | Evidence::Rows { says, .. }
        | Evidence::Statements { says, .. }
        | Evidence::Log { says, .. }
        | Evidence::Growth { says, .. }
        | Evidence::Note { says } => says,
    }
}

/// The lines that show it. `>` is what we sent and `<` what came back. Safe to print.
pub(super) fn lines(piece: &Evidence) -> Vec<String> {
    match piece {
        Evidence::Exchange { exchange, .. } => conversation(exchange),
        Evidence::Rows {
            table,
            columns,
            rows,
            ..
        } => {
            let shown = rows.iter().map(|row| {
                let cells = columns.iter().zip(row).map(|(column, value)| match value {
                    Some(value) => format!("{column}={}", cut(value, 40)),
                    None => format!("{column} is null"),
                });
                format!("{table}: {}", cells.collect::<Vec<_>>().join(", "))
            });
            few(shown.collect(), "row")
        }
        Evidence::Statements { statements, .. } => {
            let shown = statements.iter().map(|s| match (&s.sqlstate, s.rows) {
                (Some(state), _) => format!("{} -- failed: {state}", cut(&s.sql, LONG)),
                (None, Some(rows)) => format!("{} -- rows: {rows}", cut(&s.sql, LONG)),
                (None, None) => cut(&s.sql, LONG),
            });
            few(shown.collect(), "statement")
        }
        Evidence::Log { lines, .. } => {
            // The end of a log is what tells.
            let skipped = lines.len().saturating_sub(MANY);
            let mut shown: Vec<String> = Vec::new();
            if skipped > 0 {
                shown.push(format!("… {} before", count(skipped, "line")));
            }
            shown.extend(
                lines
                    .iter()
                    .skip(skipped)
                    .map(|l| cut(visible(l).trim_end(), LONG)),
            );
            shown
        }
        Evidence::Note { .. } | Evidence::Growth { .. } => Vec::new(),
    }
}

/// What the commands of a report mean by `$BASE`, for a service that has ended with the run.
const BASE: &str = "start your service and say where: BASE=http://127.0.0.1:8000";

/// Where to ask again: where the service runs, for one that the grader did not start.
pub(super) fn base(report: &Report) -> String {
    let findings = report.checks.iter().flat_map(|c| c.verdict.findings());
    let asked = findings.flat_map(|f| &f.evidence).find_map(|e| match e {
        Evidence::Exchange { exchange, .. } => Some(exchange.sent.base.as_str()),
        _ => None,
    });
    match asked.filter(|_| report.runtime.kind == RuntimeKind::Attach) {
        // A URL may hold what a shell would read; an apostrophe would end the quotes.
        Some(base) => format!("BASE='{}'", visible(base).replace('\'', "%27")),
        None => BASE.to_owned(),
    }
}

/// Whether a report has a command that asks something again.
pub(super) fn asks_again(report: &Report) -> bool {
    let findings = report.checks.iter().flat_map(|c| c.verdict.findings());
    findings
        .flat_map(|f| &f.evidence)
        .any(|e| curl(e).is_some())
}

/// The command that asks it again; only an exchange has one.
pub(super) fn curl(piece: &Evidence) -> Option<String> {
    match piece {
        Evidence::Exchange { curl, .. } => Some(visible(curl)).filter(|c| !c.is_empty()),
        _ => None,
    }
}

/// The query that shows it again; only rows have one.
pub(super) fn sql(piece: &Evidence) -> Option<String> {
    match piece {
        Evidence::Rows { sql, .. } => Some(one_line(sql)).filter(|s| !s.is_empty()),
        _ => None,
    }
}

fn few(mut shown: Vec<String>, thing: &str) -> Vec<String> {
    let more = shown.len().saturating_sub(MANY);
    shown.truncate(MANY);
    let mut shown: Vec<String> = shown.iter().map(|line| one_line(line)).collect();
    if more > 0 {
        shown.push(format!("… {} more", count(more, thing)));
    }
    shown
}

fn conversation(exchange: &Exchange) -> Vec<String> {
    let Sent {
        method, path, body, ..
    } = &exchange.sent;
    let mut lines = vec![format!("> {method} {}", cut(&one_line(path), LONG))];
    lines.extend(
        body.as_ref()
            .and_then(excerpt)
            .map(|text| format!("> {text}")),
    );
    lines.push(format!("< {}", answer(&exchange.outcome)));
    if let Outcome::Answered { body, .. } = &exchange.outcome {
        lines.extend(excerpt(body).map(|text| format!("< {text}")));
    }
    lines
}

pub(super) fn answer(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered {
            status, headers, ..
        } => {
            let kind = headers
                .iter()
                .find(|(n, _)| n.eq_ignore_ascii_case("content-type"));
            match kind {
                Some((_, kind)) => format!("{status}  {}", cut(&one_line(kind), 60)),
                None => status.to_string(),
            }
        }
        Outcome::Refused { why } => format!("no connection: {}", cut(&one_line(why), LONG)),
        Outcome::TimedOut { after_millis } => {
            format!(
                "no answer within {} s",
                f64::from(u32::try_from(*after_millis).unwrap_or(u32::MAX)) / 1000.0
            )
        }
        Outcome::CutShort { why } => format!("the answer broke off: {}", cut(&one_line(why), LONG)),
        Outcome::Garbled { why } => format!("no HTTP answer: {}", cut(&one_line(why), LONG)),
        Outcome::TooLarge { limit } => format!("more than {limit} bytes"),
    }
}

fn excerpt(body: &Body) -> Option<String> {
    let text = one_line(&body.text);
    let shown = cut(&text, LONG);
    let whole = shown == text && !body.cut;
    match (text.is_empty(), whole) {
        (true, _) => None,
        (false, true) => Some(shown),
        (false, false) => Some(format!("{shown} ({} bytes in all)", body.bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Statement;

    fn exchange(outcome: Outcome) -> Evidence {
        let sent = Sent {
            method: "GET".into(),
            base: "http://h".into(),
            path: "/venues?city=Ulm".into(),
            headers: vec![],
            body: None,
        };
        let (check, curl, says) = ("boot.a".into(), "curl -i http://h/".into(), "it".into());
        let exchange = Exchange {
            number: 1,
            check,
            parent: None,
            sent,
            outcome,
            millis: 1,
        };
        Evidence::Exchange {
            says,
            exchange: Box::new(exchange),
            curl,
        }
    }

    #[test]
    fn every_outcome_is_said_in_words() {
        let body = Body {
            text: "a\n b".into(),
            bytes: 9_000,
            cut: true,
        };
        let answered = Outcome::Answered {
            status: 200,
            headers: vec![],
            body,
        };
        let why = || "reset".to_owned();
        for (outcome, expected) in [
            (answered, vec!["< 200", "< a b (9000 bytes in all)"]),
            (
                Outcome::Refused { why: why() },
                vec!["< no connection: reset"],
            ),
            (
                Outcome::TimedOut {
                    after_millis: 2_500,
                },
                vec!["< no answer within 2.5 s"],
            ),
            (
                Outcome::CutShort { why: why() },
                vec!["< the answer broke off: reset"],
            ),
            (
                Outcome::Garbled { why: why() },
                vec!["< no HTTP answer: reset"],
            ),
            (
                Outcome::TooLarge { limit: 1024 },
                vec!["< more than 1024 bytes"],
            ),
        ] {
            let lines = lines(&exchange(outcome));
            assert_eq!(lines[0], "> GET /venues?city=Ulm");
            assert_eq!(lines[1..], expected);
        }
    }

    #[test]
    fn long_lists_are_cut_and_counted_and_logs_keep_their_end() {
        let row = |n: usize| vec![Some(n.to_string())];
        let rows = Evidence::Rows {
            says: "rows".into(),
            table: "t".into(),
            columns: vec!["id".into()],
            rows: (0..20).map(row).collect(),
            sql: "SELECT id\n  FROM t".into(),
        };
        assert_eq!(lines(&rows).first().unwrap(), "t: id=0");
        assert_eq!(lines(&rows).last().unwrap(), "… 12 rows more");
        assert_eq!(sql(&rows).as_deref(), Some("SELECT id FROM t"));
        let log = (0..20).map(|n| format!("line {n}")).collect();
        let log = Evidence::Log {
            says: "log".into(),
            lines: log,
        };
        assert_eq!(lines(&log).first().unwrap(), "… 12 lines before");
        assert_eq!(lines(&log).last().unwrap(), "line 19");
    }

    #[test]
    fn statements_say_how_they_ended() {
        let statement = |sqlstate: Option<&str>, rows| Statement {
            sql: "SELECT 1".into(),
            parameters: Vec::new(),
            session: 1,
            nested: false,
            sqlstate: sqlstate.map(String::from),
            rows,
            plan: None,
        };
        let statements = vec![statement(Some("23505"), None), statement(None, Some(3.0))];
        let shown = lines(&Evidence::Statements {
            says: String::new(),
            statements,
        });
        assert_eq!(shown, ["SELECT 1 -- failed: 23505", "SELECT 1 -- rows: 3"]);
    }
}

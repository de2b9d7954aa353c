use serde_json::{Value, json};

use super::created_differs;
use crate::check;
use crate::check::Cx;
use crate::check::odd::{self, Odd, Odds};
use crate::model::{Fault, Verdict};
use crate::pack::{Contract, Fact};

check! {
    /// ## What it looks at
    /// Instants of every kind: in UTC, in zones far east and far west and with half hours, in the hour that
    /// a clock change skips, with milliseconds, on a leap day, at the turn of a year, in 1970 and in 2099.
    /// Each must come back as the same instant, in whatever offset. Dates come back as the same day.
    ///
    /// ## Why it matters
    /// Times are right in the author's own zone and season, and wrong for everybody else, by an hour or by a
    /// day. Nobody sees it until somebody stands before a closed door.
    ///
    /// ## Passes
    /// ```text
    /// POST /events {"starts_at": "2028-02-29T23:30:00-01:00", …}      201
    /// GET /events/7      200 {"starts_at": "2028-03-01T00:30:00Z", …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /events {"starts_at": "2028-02-29T23:30:00-01:00", …}      201
    /// GET /events/7      200 {"starts_at": "2028-03-01T01:30:00Z", …}
    /// ```
    ///
    /// ## How to mend it
    /// Read the text with a library that knows RFC 3339, keep it as `timestamptz`, and write it in UTC. Let
    /// no local time zone in between: neither the machine's nor the database session's.
    pub static CHECK = {
        id: "endpoints.instant-altered",
        summary: "a point in time comes back as another one than was sent",
        concept: "representations",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 3339 §5.6", "RFC 3339 §5.8"],
        hints: [
            "In which time zone is the machine that will run your service, and what would change in another?",
            "An instant with an offset is one point in time; it is stored as that point, and every spelling of it is equal.",
            "Try the value of the evidence in your parser alone, then in the column, then in the reply, and mend the step that moves it.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let odds = Odds {
        what: "instants",
        of: instants,
        cause,
    };
    odd::judge(cx, &odds).await
}

fn instants(contract: &Contract, fact: &Fact, _: &Value) -> Vec<Odd> {
    let all: &[(&'static str, &str)] = match contract
        .says(&fact.schema, "format")
        .and_then(Value::as_str)
    {
        Some("date-time") => &[
            ("Z for an offset", "2028-06-15T12:34:56Z"),
            ("an offset far in the east", "2027-07-11T00:30:15+14:00"),
            ("an offset far in the west", "2027-07-10T23:30:25-11:00"),
            ("an offset with minutes", "2027-01-05T00:15:35+05:45"),
            (
                "an offset with minutes in the west",
                "2027-01-04T23:50:45-03:30",
            ),
            ("an hour that a clock change skips", "2027-03-28T02:30:05Z"),
            ("milliseconds", "2027-05-06T10:20:30.123Z"),
            ("a leap day", "2028-02-29T23:30:00-01:00"),
            ("the turn of a year", "2027-12-31T23:30:10-05:00"),
            ("an early year", "1970-01-02T03:04:05Z"),
            ("a late year", "2099-12-30T21:22:23Z"),
        ],
        Some("date") => &[
            ("a leap day", "2028-02-29"),
            ("the turn of a year", "2027-12-31"),
            ("an early year", "1970-01-02"),
            ("a late year", "2099-12-30"),
        ],
        _ => &[],
    };
    all.iter()
        .map(|(kind, value)| Odd::new(kind, json!(value)))
        .collect()
}

fn cause(odd: &Odd, got: Option<&Value>) -> Option<&'static str> {
    let (sent, got) = (odd.value.as_str()?, got?.as_str()?);
    let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let moved = instant(got)?.as_millisecond() - instant(sent)?.as_millisecond();
    match moved.abs() {
        0 => None,
        1..1000 => Some("lose the fraction of a second"),
        n if n == 3_600_000 && !odd.kind.contains("offset") => Some("move by an hour"),
        n if odd.kind.contains("offset with minutes") && n < 3_600_000 => {
            Some("lose the minutes of their offset")
        }
        _ => None,
    }
}

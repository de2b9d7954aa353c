//! Takes out of a finding what belongs to this machine or this minute, so that two runs of the same
//! service read the same.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::model::{Evidence, Finding, Verdict};

/// Knows what a learner must not see of one run.
///
/// A finding's own words lose folders, ids, ephemeral ports and the times of the run. Evidence is kept as
/// it was seen, for it must be possible to ask it again; it loses only the given folders.
#[derive(Debug, Clone)]
pub struct Redactor {
    folders: Vec<Regex>,
    /// The day the run started, as a Julian day.
    day: Option<i32>,
}

/// An absolute path in a folder where machines keep what is theirs, with what stands before it: after
/// an HTTP method it is a path of the service instead.
static PATH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let before = r"(^|(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) |[^\w./~-])";
    let homes = r"tmp|private|root|home/[^/\s]+|Users/[^/\s]+|var/(?:tmp|lib|folders|run|cache)";
    let rest = r#"(?:/[^\s"'`()<>,;:]*)?/([^\s"'`()<>,;:/]+)"#;
    Regex::new(&format!("{before}/(?:{homes}){rest}")).ok()
});
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(\d{4})-(\d\d)-(\d\d)[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?",
    )
    .ok()
});
static UUID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b").ok()
});
static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(/[A-Za-z][\w.-]*)/\d+\b").ok());
static PORT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(127\.0\.0\.1|0\.0\.0\.0|localhost|\[::1?\]):(\d{4,5})\b").ok());

/// The lowest port a kernel gives away by itself; a lower one was chosen by somebody and is worth saying.
const EPHEMERAL: u32 = 32_768;

impl Redactor {
    /// For a run that started at `started` (RFC 3339) and used these folders: the run folder, the
    /// submission's own folder.
    pub fn new(started: &str, folders: &[PathBuf]) -> Self {
        let mut folders: Vec<_> = folders.iter().map(|f| f.to_string_lossy()).collect();
        folders.retain(|f| f.trim_matches('/').len() > 1);
        folders.sort_by_key(|f| std::cmp::Reverse(f.len()));
        let folders = folders
            .iter()
            .filter_map(|f| {
                let folder = regex::escape(f.trim_end_matches('/'));
                Regex::new(&format!(r"{folder}($|[^\w.-])")).ok()
            })
            .collect();
        Self {
            folders,
            day: started.get(..10).and_then(julian),
        }
    }

    /// Cleans one finding in place. Its fingerprint stays: it is made of the check's words, earlier.
    pub fn finding(&self, finding: &mut Finding) {
        let Finding {
            subject,
            touches,
            saw,
            expected,
            actual,
            note,
            evidence,
            ..
        } = finding;
        let own = [subject, saw, expected, actual];
        for text in own.into_iter().chain(touches).chain(note) {
            *text = self.words(text);
        }
        for piece in evidence {
            self.evidence(piece);
        }
    }

    /// Cleans what a verdict says beside its findings.
    pub fn verdict(&self, verdict: &mut Verdict) {
        match verdict {
            Verdict::Skipped { why: text } | Verdict::Inconclusive { control: text } => {
                *text = self.words(text);
            }
            _ => {}
        }
    }

    /// A text of our own making without folders, ids, ephemeral ports and times of this run.
    pub fn words(&self, text: &str) -> String {
        let text = self.folders(text);
        let text = replace(&PATH, &text, |c| match &c[1] {
            method if method.len() > 1 && method.ends_with(' ') => c[0].to_owned(),
            before => format!("{before}…/{}", &c[2]),
        });
        let text = replace(&TIME, &text, |c| self.time(c));
        let text = replace(&UUID, &text, |_| "{id}".to_owned());
        let text = replace(&NUMBER, &text, |c| format!("{}/{{id}}", &c[1]));
        let text = replace(&PORT, &text, |c| match c[2].parse::<u32>() {
            Ok(port) if port < EPHEMERAL => c[0].to_owned(),
            _ => format!("{}:$PORT", &c[1]),
        });
        text.into_owned()
    }

    fn folders<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.folders
            .iter()
            .fold(Cow::Borrowed(text), |text, folder| {
                match folder.replace_all(&text, ".$1") {
                    Cow::Borrowed(_) => text,
                    Cow::Owned(new) => Cow::Owned(new),
                }
            })
    }

    /// A time near the run's own is a time of this run; any other is a value the check planted.
    fn time(&self, found: &Captures<'_>) -> String {
        let date = format!("{}-{}-{}", &found[1], &found[2], &found[3]);
        match (julian(&date), self.day) {
            (Some(day), Some(run)) if (day - run).abs() <= 1 => "{time}".to_owned(),
            _ => found[0].to_owned(),
        }
    }

    fn evidence(&self, piece: &mut Evidence) {
        let clean = |text: &mut String| *text = self.folders(text).into_owned();
        match piece {
            Evidence::Log { says, lines } => {
                *says = self.words(says);
                lines.iter_mut().for_each(clean);
            }
            Evidence::Note { says } | Evidence::Growth { says, .. } => *says = self.words(says),
            Evidence::Rows { says, .. } | Evidence::Statements { says, .. } => {
                *says = self.words(says);
            }
            Evidence::Exchange { says, exchange, .. } => {
                *says = self.words(says);
                if let crate::model::Outcome::Answered { body, .. } = &mut exchange.outcome {
                    clean(&mut body.text);
                }
            }
        }
    }
}

/// The Julian day of `YYYY-MM-DD`.
fn julian(date: &str) -> Option<i32> {
    let mut parts = date.split('-');
    let year = parts.next()?.parse().ok()?;
    let month = time::Month::try_from(parts.next()?.parse::<u8>().ok()?).ok()?;
    let day = parts.next()?.parse().ok()?;
    Some(
        time::Date::from_calendar_date(year, month, day)
            .ok()?
            .to_julian_day(),
    )
}

fn replace<'t>(
    pattern: &LazyLock<Option<Regex>>,
    text: &'t str,
    with: impl Fn(&Captures<'_>) -> String,
) -> Cow<'t, str> {
    match pattern.as_ref() {
        Some(pattern) => pattern.replace_all(text, |c: &Captures<'_>| with(c)),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        Redactor::new("2026-03-01T23:59:10Z", &[PathBuf::from("/srv/run-4f/app")]).words(text)
    }

    #[test]
    fn what_belongs_to_this_machine_goes() {
        assert_eq!(words("see /srv/run-4f/app/main.py"), "see ./main.py");
        assert_eq!(
            words("/srv/run-4f/app-two stays"),
            "/srv/run-4f/app-two stays"
        );
        assert_eq!(
            words("File \"/home/ada/shop/db.py\", line 3"),
            "File \"…/db.py\", line 3"
        );
        assert_eq!(words("127.0.0.1:40123 refused"), "127.0.0.1:$PORT refused");
        assert_eq!(
            words("at 2026-03-02T00:00:01.5+00:00 it ended"),
            "at {time} it ended"
        );
        assert_eq!(words("GET /venues/17/events"), "GET /venues/{id}/events");
        assert_eq!(words("/a/1F0e8400-e29b-41d4-a716-446655440000"), "/a/{id}");
    }

    #[test]
    fn what_the_learner_needs_stays() {
        for text in [
            "it listens on 0.0.0.0:3000 and PORT says otherwise",
            "starts_at is 2031-06-01T19:00:00Z, sent as 2031-06-01T21:00:00+02:00",
            "GET /home/feed/latest answers 404",
            "the image keeps it in /app/tmp/cache",
            "HTTP/1.1 answers in application/json",
            "17 rows, 3 expected",
        ] {
            assert_eq!(words(text), text);
        }
    }

    #[test]
    fn logs_lose_the_folder_and_keep_the_rest() {
        let redactor = Redactor::new("2026-03-01T23:59:10Z", &[PathBuf::from("/srv/run-4f/app")]);
        let lines = vec!["2026-03-01 23:59 /srv/run-4f/app/x.py:3 id 17".to_owned()];
        let mut piece = Evidence::Log {
            says: "it ended".into(),
            lines,
        };
        redactor.evidence(&mut piece);
        let Evidence::Log { lines, .. } = piece else {
            unreachable!()
        };
        assert_eq!(lines, ["2026-03-01 23:59 ./x.py:3 id 17"]);
    }
}

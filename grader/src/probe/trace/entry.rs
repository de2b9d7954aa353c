//! One entry of the log, whichever way the log is written.

use serde::Deserialize;

use crate::runtime::postgres::LogFormat;

/// What we use of an entry (manual 20.8.4 and 20.8.5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    #[serde(rename = "dbname")]
    pub(super) database: String,
    #[serde(rename = "user")]
    pub(super) role: String,
    #[serde(rename = "session_id")]
    pub(super) session: String,
    #[serde(rename = "error_severity")]
    pub(super) severity: String,
    #[serde(rename = "state_code")]
    pub(super) sqlstate: String,
    pub(super) message: String,
    pub(super) detail: String,
    pub(super) context: String,
    pub(super) statement: String,
}

/// Cuts a stream of bytes into entries, from a marker on.
pub(super) struct Splitter {
    format: LogFormat,
    rest: Vec<u8>,
    /// What was not come by yet. The stream may begin within an entry, since others write to the log as well, and where
    /// that is CSV, only an entry that is known to be one line tells which quotes open and which close.
    marker: Option<String>,
}

impl Splitter {
    /// Entries that come behind the statement with this marker, which takes one line.
    pub(super) fn behind(marker: String, format: LogFormat) -> Self {
        Self {
            format,
            rest: Vec::new(),
            marker: Some(marker),
        }
    }

    /// Takes more bytes and gives the entries that are whole now. What cannot be read is passed over: a server
    /// that was killed leaves half a line.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Entry> {
        self.rest.extend_from_slice(bytes);
        let (mut entries, mut start, mut quoted) = (Vec::new(), 0, false);
        for (at, byte) in self.rest.iter().enumerate() {
            let marked = self.marker.is_none();
            // A CSV entry may hold line breaks, but only between quotes; a doubled quote counts twice.
            quoted ^= marked && self.format == LogFormat::Csv && *byte == b'"';
            if *byte == b'\n' && !quoted {
                let entry = self.format.entry(&self.rest[start..at]);
                start = at + 1;
                match &self.marker {
                    None => entries.extend(entry),
                    Some(marker) if entry.is_some_and(|e| e.message.contains(marker)) => {
                        self.marker = None;
                    }
                    Some(_) => {}
                }
            }
        }
        self.rest.drain(..start);
        entries
    }
}

impl LogFormat {
    fn entry(self, line: &[u8]) -> Option<Entry> {
        match self {
            Self::Json => serde_json::from_slice(line).ok(),
            Self::Csv => from_csv(line),
        }
    }
}

fn from_csv(line: &[u8]) -> Option<Entry> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(line);
    let record = reader.byte_records().next()?.ok()?;
    let field = |at| String::from_utf8_lossy(record.get(at).unwrap_or_default()).into_owned();
    Some(Entry {
        role: field(1),
        database: field(2),
        session: field(5),
        severity: field(11),
        sqlstate: field(12),
        message: field(13),
        detail: field(14),
        context: field(18),
        statement: field(19),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "2026-01-01 10:00:00.000 UTC,\"app\",\"shop\",77,\"[local]\",692d.4d,3,\"SELECT\",\
        2026-01-01 09:00:00 UTC,3/4,0,LOG,00000,\"duration: 0.1 ms  statement: SELECT 'a\n\"\"b\"\"'\",\
        ,,,,,,,,\"psql\",\"client backend\",,0\n";

    /// What our own login writes into either log.
    const MARKS: [(LogFormat, &str); 2] = [
        (
            LogFormat::Json,
            "{\"user\":\"watch\",\"dbname\":\"grader\",\"message\":\"statement: SELECT 'mark'\"}\n",
        ),
        (
            LogFormat::Csv,
            "2026-01-01 10:00:00.000 UTC,\"watch\",\"grader\",7,\"[local]\",692d.4d,3,\"SELECT\",\
             2026-01-01 09:00:00 UTC,3/4,0,LOG,00000,\"statement: SELECT 'mark'\",,,,,,,,,\"\",\"\",,0\n",
        ),
    ];

    #[test]
    fn entries_come_whole_however_the_bytes_are_cut() {
        let json = "{\"user\":\"app\",\"dbname\":\"shop\",\"session_id\":\"692d.4d\",\"error_severity\":\"LOG\",\
            \"state_code\":\"00000\",\
            \"message\":\"duration: 0.1 ms  statement: SELECT 'a\\n\\\"b\\\"'\",\"pid\":77}\n";
        for ((format, mark), text) in MARKS.into_iter().zip([json, CSV]) {
            let text = format!("{mark}{text}");
            for size in [1, 7, 64, text.len()] {
                let mut splitter = Splitter::behind("mark".into(), format);
                let parts = text.as_bytes().chunks(size);
                let entries: Vec<_> = parts.flat_map(|part| splitter.feed(part)).collect();
                assert_eq!(entries.len(), 1, "{format:?} in pieces of {size}");
                assert_eq!(
                    entries[0].message,
                    "duration: 0.1 ms  statement: SELECT 'a\n\"b\"'"
                );
                assert_eq!(
                    (entries[0].role.as_str(), entries[0].database.as_str()),
                    ("app", "shop")
                );
                assert_eq!(entries[0].session, "692d.4d");
            }
        }
    }

    #[test]
    fn a_stream_that_begins_anywhere_is_read_from_the_marker_on() {
        let (format, mark) = MARKS[1];
        // Somebody's plan of several lines, which names the marker too, stands before it.
        let plan = CSV.replace(
            "SELECT 'a",
            "plan:\n{\n  \"\"Query Text\"\": \"\"SELECT 'mark'\"\",\n",
        );
        let text = format!("{plan}{mark}{CSV}");
        for begin in 0..plan.len() {
            let mut splitter = Splitter::behind("mark".into(), format);
            let entries = splitter.feed(&text.as_bytes()[begin..]);
            assert_eq!(entries.len(), 1, "from byte {begin} on");
            assert_eq!(entries[0].database, "shop", "from byte {begin} on");
        }
    }

    #[test]
    fn half_a_line_is_passed_over() {
        let (format, mark) = MARKS[0];
        let mut splitter = Splitter::behind("mark".into(), format);
        let text = format!("{mark}{{\"user\":\"ap\n{{}}\n");
        assert_eq!(splitter.feed(text.as_bytes()), vec![Entry::default()]);
    }
}

//! Who should hand in: `name,id`, so that a row keeps its id whatever a folder is called.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::one_line;

/// Everyone of a course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// Ids by name.
    ids: BTreeMap<String, String>,
}

impl Roster {
    /// Reads a CSV file with a header that has the columns `name` and `id`; others are left alone.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn read(text: &str) -> Result<Self, String> {
        let cure = "write a header `name,id` and one line for each learner";
        let problem = |what: String| Err(format!("{what}\n  try: {cure}"));
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(text.as_bytes());
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => return problem(format!("the header cannot be read: {error}")),
        };
        let column = |wanted: &str| headers.iter().position(|h| h.eq_ignore_ascii_case(wanted));
        let (Some(name), Some(id)) = (column("name"), column("id")) else {
            return problem("the header has no `name` or no `id`".to_owned());
        };
        let mut roster = Self::default();
        let mut taken = BTreeSet::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => return problem(format!("a line cannot be read: {error}")),
            };
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
            let (name, id) = (cell(name), cell(id));
            if name.is_empty() || id.is_empty() {
                return problem(format!("line {line} has no name or no id"));
            }
            let shown = (one_line(&name), one_line(&id));
            if !taken.insert(id.clone()) {
                return problem(format!("line {line}: the id `{}` is there twice", shown.1));
            }
            if roster.ids.insert(name, id).is_some() {
                return problem(format!(
                    "line {line}: the name `{}` is there twice",
                    shown.0
                ));
            }
        }
        Ok(roster)
    }

    /// The id of a submission, by its name or by the id itself.
    pub fn id(&self, submission: &str) -> Option<&str> {
        let by_id = || self.ids.values().find(|id| *id == submission);
        self.ids.get(submission).or_else(by_id).map(String::as_str)
    }

    /// Names and ids of those that none of these submissions is from.
    pub fn missing<'a>(&'a self, submissions: &BTreeSet<&str>) -> Vec<(&'a str, &'a str)> {
        let there = |name: &str, id: &str| submissions.contains(name) || submissions.contains(id);
        let all = self
            .ids
            .iter()
            .map(|(name, id)| (name.as_str(), id.as_str()));
        all.filter(|(name, id)| !there(name, id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_is_known_by_name_or_id_and_the_rest_is_missing() {
        let text = "\u{feff}ID,group,Name\n7,a,ada\n8,a,\"bob, b\"\n9,b,eve\n";
        let roster = Roster::read(text).unwrap();
        assert_eq!((roster.id("ada"), roster.id("9")), (Some("7"), Some("9")));
        assert_eq!(roster.id("mallory"), None);
        assert_eq!(
            roster.missing(&BTreeSet::from(["ada", "9"])),
            [("bob, b", "8")]
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, says) in [
            ("ada,7\n", "no `name` or no `id`"),
            ("name,id\nada,\n", "line 2 has no name or no id"),
            ("name,id\nada,7\nada,8\n", "line 3: the name `ada`"),
            ("name,id\nada,7\nbob,7\n", "line 3: the id `7`"),
        ] {
            let why = Roster::read(text).unwrap_err();
            assert!(why.contains(says) && why.contains("try: "), "{why}");
        }
    }
}

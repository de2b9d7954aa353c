//! `shows` and `shows_later`: what a report tells a learner, by attempt and by date.

use jiff::civil::Date;

use crate::model::Shows;

/// What a report tells, and from when on it tells more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disclosure {
    /// What it tells at first.
    pub shows: Shows,
    /// What it tells later, in the order of the file.
    pub later: Vec<Later>,
}

/// One rule of `shows_later`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Later {
    /// From when on.
    pub since: Since,
    /// What is told from then on.
    pub shows: Shows,
}

/// When a rule begins to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// From this attempt on, counted from 1.
    Attempt(u32),
    /// From this day on, UTC.
    Day(Date),
}

impl Disclosure {
    /// One rule for all times.
    pub fn always(shows: Shows) -> Self {
        Self {
            shows,
            later: Vec::new(),
        }
    }

    /// What is told on a day at an attempt (none where attempts are not kept: rules by attempt never hold then), and
    /// the first rule that will tell more. Of several rules that hold, the one that tells most counts.
    pub fn on(&self, attempt: Option<u32>, day: Date) -> (Shows, Option<Later>) {
        let holds = |rule: &&Later| match rule.since {
            Since::Attempt(n) => attempt.is_some_and(|attempt| attempt >= n),
            Since::Day(from) => day >= from,
        };
        let told = self.later.iter().filter(holds).map(|rule| rule.shows);
        let shows = told.chain([self.shows]).min().unwrap_or_default();
        let more = self
            .later
            .iter()
            .find(|rule| !holds(rule) && rule.shows < shows);
        (shows, more.copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_rule_that_tells_most_counts() {
        let attempt = Later {
            since: Since::Attempt(3),
            shows: Shows::Findings,
        };
        let day = Later {
            since: Since::Day(date(2027, 3, 1)),
            shows: Shows::Everything,
        };
        let rules = Disclosure {
            shows: Shows::Titles,
            later: vec![attempt, day],
        };
        let before = date(2027, 2, 28);
        assert_eq!(rules.on(Some(1), before), (Shows::Titles, Some(attempt)));
        assert_eq!(rules.on(None, before), (Shows::Titles, Some(attempt)));
        assert_eq!(rules.on(Some(3), before), (Shows::Findings, Some(day)));
        assert_eq!(
            rules.on(Some(1), date(2027, 3, 1)),
            (Shows::Everything, None)
        );
    }
}

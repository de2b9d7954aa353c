//! `shows` and `shows_later` of `[project]`.

use crate::model::Shows;
use crate::pack::{Disclosure, Later, Since};

use super::log::Log;
use super::tab::{Item, Tab};

pub(super) fn read(project: &mut Tab<'_>, log: &Log) -> Disclosure {
    let shows = project.get("shows").and_then(|item| word(&item));
    let later = project.get("shows_later");
    let later = later.and_then(|item| item.items()).unwrap_or_default();
    Disclosure {
        shows: shows.unwrap_or_default(),
        later: later.iter().filter_map(|item| rule(item, log)).collect(),
    }
}

fn word(item: &Item<'_>) -> Option<Shows> {
    item.word(&Shows::ALL.map(|shows| (shows.as_str(), shows)))
}

fn rule(item: &Item<'_>, log: &Log) -> Option<Later> {
    let mut tab = item.table()?;
    let cure = "write what is told from then on: `shows = \"everything\"`";
    let shows = tab.need("shows", cure).and_then(|item| word(&item));
    let attempt = tab.get("from_attempt").and_then(|item| item.count());
    let attempt = attempt.map(|n| Since::Attempt(u32::try_from(n.value).unwrap_or(u32::MAX)));
    let day = tab.get("from_day").and_then(|item| {
        let text = item.text()?;
        match text.value.parse() {
            Ok(day) => Some(Since::Day(day)),
            Err(_) => item.wrong("a day, \"2027-03-01\""),
        }
    });
    let spot = tab.spot();
    tab.done();
    match (attempt, day) {
        (Some(since), None) | (None, Some(since)) => Some(Later {
            since,
            shows: shows?,
        }),
        _ => {
            let what = "a rule of `project.shows_later` says no time, or two";
            log.say(
                &spot,
                what.to_owned(),
                "write `from_attempt = 3` or `from_day = \"2027-03-01\"`",
            );
            None
        }
    }
}

//! The ends of the service that nobody asked for: noticed where somebody meets them, and kept for those who look back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::check::Raised;
use crate::check::hindsight::End;
use crate::model::{CheckId, Exchange, Manner, Record, Verdict};
use crate::probe::Journal;
use crate::runtime::Liveness;

/// The last so many exchanges of a process say who was asked when it ended, where nobody noticed.
const LATEST: usize = 16;

/// The processes of a service from one start to their end.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) processes: Vec<Liveness>,
    bases: Vec<String>,
}

impl Life {
    /// What runs in a world now.
    pub(super) fn of(raised: &Raised) -> Self {
        let boots = raised.world.boots();
        Self {
            processes: raised.world.alive(),
            bases: boots.into_iter().map(|b| b.base_url).collect(),
        }
    }

    /// Whether all of it runs.
    pub(super) fn runs(&self) -> bool {
        self.processes.iter().all(Liveness::runs)
    }

    /// Whether this is the same start of the same processes, whatever has become of them.
    fn is(&self, other: &Self) -> bool {
        let named = |l: &Liveness| (l.pid, l.started);
        let (own, others) = (self.processes.iter(), other.processes.iter());
        self.bases == other.bases && own.map(named).eq(others.map(named))
    }

    fn asked(&self, exchange: &Exchange) -> bool {
        let base = exchange.sent.base.as_str();
        self.bases.iter().any(|b| b.trim_end_matches('/') == base)
    }
}

/// An end that was noticed.
#[derive(Debug)]
struct Noticed {
    life: Life,
    /// The checks that were asked then, as far as they noticed.
    asked: BTreeSet<String>,
    /// Whether nobody else asked anything of this world.
    alone: bool,
}

/// All that was noticed, and what checks tell of it.
#[derive(Debug, Default)]
pub(super) struct Ends {
    noticed: Mutex<Vec<Noticed>>,
    /// The checks that failed, and whether they say that the service broke.
    failed: Mutex<BTreeMap<String, bool>>,
    /// What could not be judged, and the check whose finding explains why.
    explained: Mutex<BTreeMap<String, &'static str>>,
}

impl Ends {
    /// Takes note of the end of these processes, met by this check, which was alone with them or not.
    pub(super) fn notice(&self, life: Life, by: Option<(&'static str, bool)>) {
        let mut noticed = lock(&self.noticed);
        let asked = by.map(|(check, _)| check.to_owned());
        let alone = by.is_some_and(|(_, alone)| alone);
        match noticed.iter_mut().find(|n| n.life.is(&life)) {
            Some(known) => known.asked.extend(asked),
            None => noticed.push(Noticed {
                life,
                asked: asked.into_iter().collect(),
                alone,
            }),
        }
    }

    /// Hears the verdict of a check.
    pub(super) fn hear(&self, check: &str, verdict: &Verdict) {
        if let Verdict::Fail { findings } = verdict {
            let broke = findings.iter().any(|f| f.manner != Manner::Wrong);
            lock(&self.failed).insert(check.to_owned(), broke);
        }
    }

    /// The checks that failed.
    pub(super) fn failed(&self) -> BTreeSet<String> {
        lock(&self.failed).keys().cloned().collect()
    }

    /// The ends of which no check tells, first those for which one check alone can be the cause.
    pub(super) fn untold(&self, journal: &Journal) -> Vec<End> {
        let (noticed, failed, all) = (lock(&self.noticed), lock(&self.failed), journal.all());
        let alone: BTreeSet<&String> = noticed
            .iter()
            .filter(|n| n.alone)
            .flat_map(|n| &n.asked)
            .collect();
        let mut ends: Vec<(bool, End)> = Vec::new();
        for n in noticed.iter() {
            let exchanges: Vec<Exchange> = all
                .iter()
                .filter(|e| n.life.asked(e) && (!n.alone || n.asked.contains(&e.check)))
                .cloned()
                .collect();
            let mut asked = n.asked.clone();
            if asked.is_empty() {
                let latest = exchanges.iter().rev().take(LATEST);
                asked.extend(latest.map(|e| e.check.clone()));
            }
            // Whoever failed alone with it has told of it. Of those that were asked side by side, each was asked again
            // alone: whom the service ended under again is looked at there.
            let told = |check: &String| match n.alone {
                true => failed.contains_key(check),
                false => failed.get(check) == Some(&true) || alone.contains(check),
            };
            if exchanges.is_empty() || asked.iter().any(told) {
                continue;
            }
            ends.push((n.alone, End { asked, exchanges }));
        }
        ends.sort_by_key(|(alone, _)| !alone);
        ends.into_iter().map(|(_, end)| end).collect()
    }

    /// Says that the finding of `by` explains why these could not be judged.
    pub(super) fn explain(&self, by: &'static str, checks: BTreeSet<String>) {
        let mut explained = lock(&self.explained);
        explained.extend(checks.into_iter().map(|check| (check, by)));
    }

    /// What could not be judged because of what another check found waits for that one.
    pub(super) fn settle(&self, records: &mut [Record]) {
        let explained = lock(&self.explained);
        for record in records {
            let by = explained.get(record.id.as_str());
            if let (Verdict::Inconclusive { .. }, Some(by)) = (&record.verdict, by) {
                let by = vec![CheckId::from(*by)];
                record.verdict = Verdict::Blocked { by };
            }
        }
    }
}

// Whoever panicked while holding it has only failed itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::model::{Draft, Finding};
    use crate::probe::Http;

    fn life(pid: u32, base: &str) -> Life {
        Life {
            processes: vec![Liveness {
                pid: Some(pid),
                started: Some(SystemTime::UNIX_EPOCH),
                exit: None,
            }],
            bases: vec![base.to_owned()],
        }
    }

    fn fails(manner: Manner) -> Verdict {
        let draft = Draft {
            manner,
            ..Draft::default()
        };
        let findings = vec![Finding::from_draft("c", 1, draft)];
        Verdict::Fail { findings }
    }

    /// A journal in which `a` and `b` asked one service, and `a` another one. Nobody listens at either.
    async fn journal() -> (Journal, [String; 2]) {
        let journal = Journal::default();
        let bases = ["http://127.0.0.1:1", "http://127.0.0.1:2"];
        for (check, base) in [("a", bases[0]), ("b", bases[0]), ("a", bases[1])] {
            let http = Http::new(base, journal.clone()).unwrap().asked_by(check);
            http.request("GET", "/").send().await.unwrap();
        }
        (journal, bases.map(str::to_owned))
    }

    #[tokio::test]
    async fn an_end_is_known_once_and_by_what_was_asked_of_that_process() {
        let (journal, [one, other]) = journal().await;
        let ends = Ends::default();
        ends.notice(life(7, &one), Some(("a", false)));
        ends.notice(life(7, &one), Some(("b", false)));
        ends.notice(life(8, &other), None);
        ends.notice(life(9, "http://127.0.0.1:3"), None);
        let untold = ends.untold(&journal);
        let asked: Vec<_> = untold
            .iter()
            .map(|e| (e.exchanges.len(), &e.asked))
            .collect();
        let names =
            |all: &[&str]| -> BTreeSet<String> { all.iter().map(|n| (*n).to_owned()).collect() };
        // Of whom nothing was asked, nobody is the cause.
        assert_eq!(asked, [(2, &names(&["a", "b"])), (1, &names(&["a"]))]);
    }

    #[tokio::test]
    async fn what_a_check_tells_is_not_told_again() {
        let (journal, [one, other]) = journal().await;
        let ends = Ends::default();
        ends.notice(life(7, &one), Some(("a", false)));
        ends.notice(life(8, &other), Some(("a", true)));
        let untold = ends.untold(&journal);
        assert_eq!(untold.len(), 1, "the one that a met alone says it all");
        assert_eq!(untold[0].exchanges[0].sent.base, other);
        ends.hear("a", &fails(Manner::Wrong));
        assert!(ends.untold(&journal).is_empty());
        let ends = Ends::default();
        ends.notice(life(7, &one), Some(("a", false)));
        ends.hear("a", &fails(Manner::Wrong));
        assert_eq!(ends.untold(&journal).len(), 1, "a tells of something else");
        ends.hear("a", &fails(Manner::Crash));
        assert!(ends.untold(&journal).is_empty());
    }
}

//! The journal of a run: every exchange, who asked, and what it follows from.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::model::{Body, Exchange, Outcome, Sent};

/// How much of a body the journal keeps, bytes. The exchange handed to the check holds all of it.
const KEPT: usize = 16 * 1024;

/// From when to when.
type Span = (Instant, Instant);

/// All exchanges of a run, in the order in which they ended. Cheap to clone; clones share one list.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    inner: Arc<Mutex<Vec<Exchange>>>,
    /// When each service, by its base address, was at work for us.
    spans: Arc<Mutex<BTreeMap<String, Vec<Span>>>>,
    /// Where a service that was started anew had answered first.
    moves: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Journal {
    /// Numbers an exchange, keeps a copy with bodies cut to 16 KiB, and hands the whole one back.
    pub(super) fn keep(
        &self,
        check: &str,
        parent: Option<u64>,
        sent: Sent,
        outcome: Outcome,
        millis: u64,
    ) -> Exchange {
        let mut list = self.lock();
        let exchange = Exchange {
            number: list.len() as u64 + 1,
            check: check.to_owned(),
            parent,
            sent,
            outcome,
            millis,
        };
        list.push(shortened(&exchange, KEPT));
        exchange
    }

    /// Says that the service at `from` now answers at `to`: its work goes on counting as one.
    pub fn moved(&self, from: &str, to: &str) {
        if from != to {
            let first = self.first_address(from);
            let mut moves = self.moves.lock().unwrap_or_else(PoisonError::into_inner);
            moves.insert(to.to_owned(), first);
        }
    }

    /// Where the service at `base` answered first.
    fn first_address(&self, base: &str) -> String {
        let moves = self.moves.lock().unwrap_or_else(PoisonError::into_inner);
        moves.get(base).cloned().unwrap_or_else(|| base.to_owned())
    }

    /// Notes that the service at `base` was at work for us since `began`: answering, or starting anew.
    pub fn at_work(&self, base: &str, began: Instant) {
        let first = self.first_address(base);
        let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        spans
            .entry(first)
            .or_default()
            .push((began, Instant::now()));
    }

    /// How long the service at each base address was at work for us. Work side by side counts once.
    pub fn busy(&self) -> BTreeMap<String, Duration> {
        let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        spans
            .iter()
            .map(|(base, spans)| (base.clone(), union(spans)))
            .collect()
    }

    /// Every exchange so far.
    pub fn all(&self) -> Vec<Exchange> {
        self.lock().clone()
    }

    /// The exchanges that led to this one, first to last, itself included.
    pub fn story(&self, number: u64) -> Vec<Exchange> {
        let list = self.lock();
        let mut story = Vec::new();
        let mut next = Some(number);
        while let Some(exchange) =
            next.and_then(|n| list.get(usize::try_from(n).ok()?.checked_sub(1)?))
        {
            story.push(exchange.clone());
            next = exchange.parent.filter(|p| *p < exchange.number);
        }
        story.reverse();
        story
    }

    /// Whether a check ended a request with 429: then the service's limit answered, not the service.
    pub fn was_limited(&self, check: &str) -> bool {
        let limited = |e: &&Exchange| e.check == check && e.status() == Some(429);
        let list = self.lock();
        // A 429 that was asked again is followed by its repetition.
        list.iter().filter(limited).any(|e| {
            !list
                .iter()
                .any(|again| again.parent == Some(e.number) && again.sent == e.sent)
        })
    }

    /// Whether a check met a connection that was refused or broken off.
    pub fn was_cut_off(&self, check: &str) -> bool {
        let broken = |e: &Exchange| {
            matches!(
                e.outcome,
                Outcome::Refused { .. } | Outcome::CutShort { .. }
            )
        };
        self.lock().iter().any(|e| e.check == check && broken(e))
    }

    /// How many requests got no orderly answer, and the milliseconds spent waiting for answers, by check.
    pub fn waited(&self, check: &str) -> u64 {
        self.lock()
            .iter()
            .filter(|e| e.check == check)
            .map(|e| e.millis)
            .sum()
    }

    // A check that panicked while it held the lock has only failed itself: the list is whole.
    fn lock(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The length of the union of some spans of time.
fn union(spans: &[Span]) -> Duration {
    let mut spans = spans.to_vec();
    spans.sort();
    let mut whole = Duration::ZERO;
    let mut reached: Option<Instant> = None;
    for (from, to) in spans {
        let from = reached.map_or(from, |r| r.max(from));
        if to > from {
            whole += to - from;
            reached = Some(to);
        }
    }
    whole
}

/// The same exchange with both bodies cut to `limit` bytes.
pub fn shortened(exchange: &Exchange, limit: usize) -> Exchange {
    let mut short = exchange.clone();
    if let Some(body) = &mut short.sent.body {
        cut(body, limit);
    }
    if let Outcome::Answered { body, .. } = &mut short.outcome {
        cut(body, limit);
    }
    short
}

fn cut(body: &mut Body, limit: usize) {
    if body.text.len() > limit {
        body.text.truncate(body.text.floor_char_boundary(limit));
        body.cut = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(path: &str) -> Sent {
        Sent {
            method: "GET".into(),
            base: "http://127.0.0.1:1".into(),
            path: path.into(),
            headers: vec![],
            body: None,
        }
    }

    fn refused() -> Outcome {
        Outcome::Refused {
            why: "nobody".into(),
        }
    }

    #[test]
    fn a_story_follows_parents_back_to_the_first() {
        let journal = Journal::default();
        let a = journal.keep("c", None, sent("/a"), refused(), 1);
        let _other = journal.keep("c", None, sent("/x"), refused(), 1);
        let b = journal.keep("c", Some(a.number), sent("/b"), refused(), 2);
        let paths: Vec<_> = journal
            .story(b.number)
            .into_iter()
            .map(|e| e.sent.path)
            .collect();
        assert_eq!(paths, ["/a", "/b"]);
        assert_eq!(journal.waited("c"), 4);
    }

    #[test]
    fn time_side_by_side_counts_once() {
        let zero = Instant::now();
        let at = |ms| zero + Duration::from_millis(ms);
        let spans = [
            (at(0), at(10)),
            (at(5), at(12)),
            (at(6), at(7)),
            (at(20), at(21)),
        ];
        assert_eq!(union(&spans), Duration::from_millis(13));
    }

    #[test]
    fn long_bodies_are_cut_between_characters_in_the_journal_only() {
        let journal = Journal::default();
        let text = "ä".repeat(KEPT);
        let outcome = Outcome::Answered {
            status: 200,
            headers: vec![],
            body: Body {
                bytes: text.len() as u64,
                text,
                cut: false,
            },
        };
        let whole = journal.keep("c", None, sent("/a"), outcome, 1);
        let Outcome::Answered { body, .. } = &whole.outcome else {
            panic!("answered")
        };
        assert!(!body.cut && body.text.len() == 2 * KEPT);
        let kept = journal.all();
        let Outcome::Answered { body, .. } = &kept[0].outcome else {
            panic!("answered")
        };
        assert!(body.cut && body.text.len() == KEPT && body.bytes == 2 * KEPT as u64);
    }
}

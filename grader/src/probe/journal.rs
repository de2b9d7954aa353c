//! The journal of a run: every exchange, who asked, and what it follows from.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{Body, Exchange, Outcome, Sent};

/// How much of a body the journal keeps, bytes. The exchange handed to the check holds all of it.
const KEPT: usize = 16 * 1024;

/// All exchanges of a run, in the order in which they ended. Cheap to clone; clones share one list.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    inner: Arc<Mutex<Vec<Exchange>>>,
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

//! The mail server that the service is given: it takes every letter, keeps it, and delivers none.

mod talk;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mail_parser::MessageParser;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use crate::runtime::Door;

/// How many letters are kept; more are refused. A run asks for a few dozen.
const KEPT: usize = 2_000;

/// How many callers are served at once; others wait at the door.
const SERVED: usize = 32;

/// A mail server of the grader's, for as long as this is held.
#[derive(Debug)]
pub struct Post {
    url: String,
    letters: watch::Receiver<Vec<Letter>>,
    called: Arc<AtomicUsize>,
    keeper: AbortHandle,
}

/// A letter as it was handed over (RFC 5321), read (RFC 5322, MIME).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom it is to be delivered, by the envelope: what stands in its head delivers nothing.
    pub to: Vec<String>,
    /// Its subject and all its texts, decoded, HTML as it is written.
    pub text: String,
}

impl Post {
    /// Serves whoever calls at this door.
    pub fn behind(door: Door) -> Self {
        let url = format!("smtp://{}", door.address());
        let (keeps, letters) = watch::channel(Vec::new());
        let called = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&called);
        let keeper = tokio::spawn(async move {
            let mut served = JoinSet::new();
            // Ends with the door, or with this.
            while let Ok(call) = door.accept().await {
                counts.fetch_add(1, Ordering::Relaxed);
                while served.len() >= SERVED && served.join_next().await.is_some() {}
                served.spawn(talk::served(call, keeps.clone()));
                while served.try_join_next().is_some() {}
            }
        });
        Self {
            url,
            letters,
            called,
            keeper: keeper.abort_handle(),
        }
    }

    /// Where the service finds it: `smtp://sink:25`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many letters have come so far: a mark, to wait for one that comes after it.
    pub fn mark(&self) -> usize {
        self.letters.borrow().len()
    }

    /// How often somebody has called so far, whatever came of it.
    pub fn called(&self) -> usize {
        self.called.load(Ordering::Relaxed)
    }

    /// All letters since a mark.
    pub fn since(&self, mark: usize) -> Vec<Letter> {
        self.letters.borrow().iter().skip(mark).cloned().collect()
    }

    /// The first letter to this address since a mark, as soon as it is there; none after `lasts`.
    pub async fn letter_to(&self, address: &str, mark: usize, lasts: Duration) -> Option<Letter> {
        let theirs = |letters: &Vec<Letter>| {
            let mut since = letters.iter().skip(mark);
            since.find(|l| l.is_to(address)).cloned()
        };
        let mut letters = self.letters.clone();
        let come = letters.wait_for(|all| theirs(all).is_some());
        let come = tokio::time::timeout(lasts, come).await;
        let all = come.ok()?.ok()?;
        theirs(&all)
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Letter {
    /// What was handed over, as far as it can be read.
    fn read(to: Vec<String>, data: &[u8]) -> Self {
        let text = MessageParser::default().parse(data).map(|message| {
            let parts = message.parts.iter().filter_map(|p| p.text_contents());
            let subject = message.subject().into_iter();
            subject.chain(parts).collect::<Vec<_>>().join("\n")
        });
        Self {
            to,
            text: text.unwrap_or_else(|| String::from_utf8_lossy(data).into_owned()),
        }
    }

    /// Whether it is to be delivered there. Of an address only the domain is without case by the standard, but no
    /// service that anybody runs delivers by the case of the rest.
    pub fn is_to(&self, address: &str) -> bool {
        self.to.iter().any(|to| to.eq_ignore_ascii_case(address))
    }
}

#[cfg(test)]
mod tests;

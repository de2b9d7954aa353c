//! What there is to talk about: what a mentor wrote, and the beliefs that the failures speak of.

use super::page::Page;
use crate::model::Report;
use crate::report::Ink;
use crate::report::text::{cut, mentor};

/// How many beliefs are named; a mentor's packet has them all.
const BELIEFS: usize = 2;
/// How long a text may be, in characters.
const LONG: usize = 600;

pub(super) fn all(page: &mut Page, report: &Report) {
    if !report.notes.is_empty() {
        page.gap();
        page.heading("from your mentor", &[]);
        for note in &report.notes {
            page.text(2, 2, Ink::Plain, &cut(&mentor(note), LONG));
        }
    }
    if !report.misconceptions.is_empty() {
        page.gap();
        page.heading("worth a thought", &[]);
    }
    for belief in report.misconceptions.iter().take(BELIEFS) {
        let title = format!("\"{}\"?", cut(&belief.title, LONG));
        page.text(2, 2, Ink::Strong, &title);
        page.text(4, 0, Ink::Plain, &cut(&belief.instead, LONG));
        let checks: Vec<&str> = belief.checks.iter().map(|id| id.as_str()).collect();
        page.text(4, 0, Ink::Faint, &cut(&checks.join(", "), LONG));
    }
}

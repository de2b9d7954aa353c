//! One finding: what was seen, why it matters, what to try, and how to see it again.

use maud::{Markup, html};

use super::{evidence, line};
use crate::model::Finding;
use crate::report::text::{rung, several};

/// A finding, folded; its first line tells what was seen.
pub(super) fn one(finding: &Finding) -> Markup {
    let touches = several(&finding.touches);
    let rows = [
        ("Where", Some(&finding.subject)),
        ("Touches", Some(&touches)),
        ("Expected", Some(&finding.expected)),
        ("Actual", Some(&finding.actual)),
        ("Note", finding.note.as_ref()),
        ("Why it matters", finding.why.as_ref()),
    ];
    html! {
        details.finding {
            summary { (line(&finding.saw)) }
            dl {
                @for (label, text) in rows {
                    @if let Some(text) = text.filter(|t| !t.is_empty()) {
                        dt { (label) } dd { (line(text)) }
                    }
                }
            }
            @if let Some(hint) = &finding.hint {
                p.hint { strong { "Hint: " } (line(&rung(hint, finding.rung))) }
            }
            @if !finding.evidence.is_empty() {
                ol.timeline {
                    @for piece in &finding.evidence { li { (evidence::piece(piece)) } }
                }
            }
            p.id { "finding " code { (finding.id) } " · fingerprint " code { (finding.fingerprint) } }
        }
    }
}

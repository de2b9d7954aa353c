//! The beliefs that the failures speak of, with what is so instead.

use maud::{Markup, html};

use super::head::anchor;
use super::line;
use crate::model::Report;

pub(super) fn beliefs(report: &Report) -> Markup {
    html! {
        @if !report.misconceptions.is_empty() {
            section aria-labelledby="thoughts" {
                h2 #thoughts { "Worth a thought" }
                @for belief in &report.misconceptions {
                    article.belief {
                        h3 { "“" (line(&belief.title)) "”?" }
                        p { (line(&belief.instead)) }
                        ul { @for saw in &belief.evidence { li { (line(saw)) } } }
                        p.more {
                            @for (n, id) in belief.checks.iter().enumerate() {
                                @if n > 0 { ", " }
                                a href={ "#" (anchor(id.as_str())) } { code { (id) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

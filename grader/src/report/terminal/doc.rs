//! Checks as a reader looks them up: one with its documentation, or all in a list.

use super::page::Page;
use crate::model::{CheckId, CheckMeta, Stage};
use crate::report::text::count;
use crate::report::{Ink, Style};

/// One check: what it finds, its documentation, what it stands on, what to read.
pub fn check(meta: &CheckMeta, width: usize, style: Style) -> String {
    let mut page = Page::new(width, style);
    page.ends((Ink::Strong, meta.id.as_str()), (Ink::Faint, &worth(meta)));
    page.text(0, 0, Ink::Plain, &meta.summary);
    markdown(&mut page, &meta.docs);
    page.gap();
    page.rule();
    page.field("teaches", Ink::Plain, &meta.concept);
    let needs: Vec<&str> = meta.needs.iter().map(CheckId::as_str).collect();
    page.field("needs", Ink::Plain, &needs.join(", "));
    let runtimes: Vec<&str> = meta.runtimes.iter().map(|r| r.as_str()).collect();
    page.field("runs on", Ink::Plain, &runtimes.join(", "));
    page.field("read", Ink::Plain, &meta.refs.join("; "));
    page.finish()
}

/// These checks, stage by stage, a name and a line each.
pub fn list(checks: &[&CheckMeta], width: usize, style: Style) -> String {
    let mut page = Page::new(width, style);
    for stage in Stage::ALL {
        let checks: Vec<&&CheckMeta> = checks.iter().filter(|c| c.stage == stage).collect();
        if checks.is_empty() {
            continue;
        }
        page.gap();
        page.heading(
            stage.as_str(),
            &[(Ink::Faint, count(checks.len(), "check"))],
        );
        for meta in checks {
            page.ends((Ink::Strong, meta.id.as_str()), (Ink::Faint, &worth(meta)));
            page.text(2, 0, Ink::Plain, &meta.summary);
        }
    }
    page.finish()
}

fn worth(meta: &CheckMeta) -> String {
    format!(
        "{} · {}",
        meta.severity,
        count(meta.severity.points() as usize, "point")
    )
}

/// The Markdown our documentation uses: headings, paragraphs, lists, fenced code.
fn markdown(page: &mut Page, text: &str) {
    let (mut paragraph, mut fenced) = (Paragraph::default(), false);
    // What follows a heading follows it closely, however it was written.
    let mut headed = false;
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with("```") {
            paragraph.end(page);
            if !headed {
                page.gap();
            }
            fenced = !fenced;
        } else if fenced {
            page.verbatim(4, Ink::Command, line);
        } else if bare.is_empty() {
            paragraph.end(page);
            if !headed {
                page.gap();
            }
            continue;
        } else if bare.starts_with('#') {
            paragraph.end(page);
            page.gap();
            page.text(0, 0, Ink::Strong, bare.trim_start_matches('#'));
            headed = true;
            continue;
        } else if bare.starts_with("- ") || bare.starts_with("* ") {
            paragraph.end(page);
            paragraph = Paragraph {
                hang: 2,
                text: bare.to_owned(),
            };
        } else {
            paragraph.add(bare);
        }
        headed = false;
    }
    paragraph.end(page);
}

/// Lines that flow together until something ends them.
#[derive(Default)]
struct Paragraph {
    hang: usize,
    text: String,
}

impl Paragraph {
    fn add(&mut self, line: &str) {
        self.text.push(' ');
        self.text.push_str(line);
    }

    fn end(&mut self, page: &mut Page) {
        if !self.text.is_empty() {
            page.text(2, self.hang, Ink::Plain, &self.text);
        }
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_check_explained_at_60() {
        let index = sample::index();
        let meta = index.get("endpoints.wrong-success-status").unwrap();
        insta::assert_snapshot!(check(meta, 60, Style::PLAIN));
    }

    #[test]
    fn all_checks_at_80() {
        let index = sample::index();
        let all: Vec<&CheckMeta> = index.iter().collect();
        insta::assert_snapshot!(list(&all, 80, Style::PLAIN));
    }
}

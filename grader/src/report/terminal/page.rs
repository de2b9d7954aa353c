//! A page of a given width: everything that reaches the terminal goes through here and is made safe here.

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use super::breaks::{arguments, words_and_commas};
use crate::report::text::{one_line, visible};
use crate::report::{Ink, Style};

/// The width of a label and the blank after it.
const LABEL: usize = 9;
/// Below this no layout holds; above it lines are hard to read.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=100;

/// Text under construction.
pub(super) struct Page {
    out: String,
    width: usize,
    style: Style,
}

impl Page {
    pub(super) fn new(width: usize, style: Style) -> Self {
        let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
        Self {
            out: String::new(),
            width,
            style,
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// An empty line, but never two and never at the top.
    pub(super) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A wrapped paragraph. `hang` more blanks before its second line.
    pub(super) fn text(&mut self, indent: usize, hang: usize, ink: Ink, text: &str) {
        let first = " ".repeat(indent);
        self.wrap(&first, indent + hang, ink, &one_line(text));
    }

    /// A line kept as it is, however wide.
    pub(super) fn verbatim(&mut self, indent: usize, ink: Ink, line: &str) {
        let line = self.style.paint(ink, visible(line).trim_end());
        self.push(format!("{}{line}", " ".repeat(indent)).trim_end());
    }

    /// `label    text`, wrapped beside the label. An empty text gives nothing.
    pub(super) fn field(&mut self, label: &str, ink: Ink, text: &str) {
        let text = one_line(text);
        if !text.is_empty() {
            let label = self.label(label);
            self.wrap(&label, 2 + LABEL, ink, &text);
        }
    }

    /// Lines of evidence beside an empty label, each wrapped by itself, after commas too.
    pub(super) fn block(&mut self, lines: &[String]) {
        let first = " ".repeat(2 + LABEL);
        for line in lines {
            let breaks = WordSeparator::Custom(words_and_commas);
            self.wrap_at(breaks, &first, 2 + LABEL + 2, Ink::Faint, &visible(line));
        }
    }

    /// A command beside a label. It is broken only between arguments and with a backslash, so that what
    /// is copied runs.
    pub(super) fn command(&mut self, label: &str, command: &str) {
        // Behind the deepest start and before ` \`.
        let room = self.width.saturating_sub(2 + LABEL + 2 + 2);
        let mut lines: Vec<String> = Vec::new();
        for word in arguments(&visible(command)) {
            match lines.last_mut() {
                Some(line)
                    if textwrap::core::display_width(line)
                        + textwrap::core::display_width(&word)
                        < room =>
                {
                    line.push(' ');
                    line.push_str(&word);
                }
                _ => lines.push(word),
            }
        }
        let last = lines.len().saturating_sub(1);
        for (n, line) in lines.into_iter().enumerate() {
            let start = if n == 0 {
                self.label(label)
            } else {
                " ".repeat(2 + LABEL + 2)
            };
            let end = if n == last { "" } else { " \\" };
            let line = self.style.paint(Ink::Command, &line);
            self.push(&format!("{start}{line}{end}"));
        }
    }

    /// A line with text at both ends; the right end moves to a line of its own if there is no room.
    pub(super) fn ends(&mut self, left: (Ink, &str), right: (Ink, &str)) {
        let (ink, text) = (left.0, one_line(left.1));
        let used = textwrap::core::display_width(&text) + textwrap::core::display_width(right.1);
        let (left, right) = (
            self.style.paint(ink, &text),
            self.style.paint(right.0, right.1),
        );
        match self.width.checked_sub(used) {
            Some(free) if free >= 2 => self.push(&format!("{left}{}{right}", " ".repeat(free))),
            _ => {
                self.wrap("", 2, ink, &text);
                self.push(&format!("  {right}"));
            }
        }
    }

    /// A heading with a rule to the right end, where its counts stand.
    pub(super) fn heading(&mut self, title: &str, counts: &[(Ink, String)]) {
        let plain: Vec<&str> = counts.iter().map(|(_, text)| text.as_str()).collect();
        let used = [title, &plain.join(", ")].map(textwrap::core::display_width);
        let used = used.iter().sum::<usize>() + 5;
        // Counts that leave no room for a rule get a line of their own.
        let apart = used + 2 > self.width;
        let used = if apart {
            textwrap::core::display_width(title) + 4
        } else {
            used
        };
        let rule = self
            .style
            .paint(Ink::Faint, &"─".repeat(self.width.saturating_sub(used)));
        let start = self.style.paint(Ink::Faint, "──");
        let title = self.style.paint(Ink::Strong, title);
        let counts = counts
            .iter()
            .map(|(ink, text)| self.style.paint(*ink, text));
        let counts = counts.collect::<Vec<_>>().join(", ");
        if apart {
            self.push(&format!("{start} {title} {rule}"));
            self.push(&format!("   {counts}"));
        } else {
            self.push(format!("{start} {title} {rule} {counts}").trim_end());
        }
    }

    /// A rule across the page.
    pub(super) fn rule(&mut self) {
        let rule = self.style.paint(Ink::Faint, &"─".repeat(self.width));
        self.push(&rule);
    }

    fn label(&self, label: &str) -> String {
        format!(
            "  {}",
            self.style.paint(Ink::Faint, &format!("{label:<LABEL$}"))
        )
    }

    fn wrap(&mut self, first: &str, rest: usize, ink: Ink, text: &str) {
        self.wrap_at(WordSeparator::AsciiSpace, first, rest, ink, text);
    }

    /// `first` is blank, or a label that takes as much room as `rest` blanks.
    fn wrap_at(&mut self, at: WordSeparator, first: &str, rest: usize, ink: Ink, text: &str) {
        let lead = if first.trim().is_empty() {
            first.len()
        } else {
            rest
        };
        let (lead, rest) = (" ".repeat(lead), " ".repeat(rest));
        let options = Options::new(self.width)
            .initial_indent(&lead)
            .subsequent_indent(&rest)
            .word_separator(at)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        for (n, line) in textwrap::wrap(text, options).iter().enumerate() {
            let (start, skip) = if n == 0 {
                (first, lead.len())
            } else {
                (rest.as_str(), rest.len())
            };
            let text = self
                .style
                .paint(ink, line.get(skip..).unwrap_or_default().trim_end());
            self.push(&format!("{start}{text}"));
        }
    }

    fn push(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_command_can_be_pasted() {
        let curl = "curl -i -X POST 'http://h/a b' -H 'x: y' --data '{}'";
        let mut page = Page::new(40, Style::PLAIN);
        page.command("again", curl);
        let text = page.finish();
        assert_eq!(
            text.lines().filter(|l| l.ends_with(" \\")).count() + 1,
            text.lines().count()
        );
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        for width in [40, 60, 100] {
            let mut page = Page::new(width, Style::PLAIN);
            page.heading(
                "endpoints",
                &[(Ink::Good, "9 passed".into()), (Ink::Bad, "1".into())],
            );
            page.ends(
                (Ink::Bad, "endpoints.a-rather-long-name-of-a-check"),
                (Ink::Plain, "high"),
            );
            page.field("saw", Ink::Plain, &"東京 and more ".repeat(20));
            page.field("saw", Ink::Plain, &"x".repeat(300));
            page.block(&["y".repeat(200)]);
            page.text(2, 2, Ink::Plain, &"word ".repeat(60));
            for line in page.finish().lines() {
                assert!(
                    textwrap::core::display_width(line) <= width,
                    "{width}: {line}"
                );
            }
        }
    }
}

//! A learner's text in Markdown: shown, never obeyed.

use crate::report::text::{one_line, visible};

/// Text for a paragraph, a list item after its label, or a table cell. Becomes no markup, no HTML, no
/// link, and calls nobody: a word joiner parts what sites turn into mentions and links by themselves.
pub(super) fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let text = one_line(text);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if r"\`*_[]<>&|~$#".contains(c) {
            out.push('\\');
        }
        out.push(c);
        let parted = match c {
            '@' | '#' => true,
            ':' => rest.peek() == Some(&'/'),
            // `www.` and, for issues, `GH-1`.
            'w' | 'W' => rest.peek() == Some(&'.'),
            'H' | 'h' => matches!(before, 'G' | 'g') && rest.peek() == Some(&'-'),
            _ => false,
        };
        if parted {
            out.push('\u{2060}');
        }
        before = c;
    }
    out
}

/// A code span. Nothing inside is markup; the delimiter is longer than any run of backticks within.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return text;
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A code block in the named language.
pub(super) fn block(language: &str, text: &str) -> String {
    let text = visible(text);
    let fence = "`".repeat((longest_run(&text) + 1).max(3));
    format!(
        "{fence}{language}\n{}\n{fence}\n",
        text.trim_end_matches('\n')
    )
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_are_longer_than_what_they_hold() {
        assert_eq!(code("a ``b`` c"), "```a ``b`` c```");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(block("sh", "a\n````\nb"), "`````sh\na\n````\nb\n`````\n");
    }

    #[test]
    fn plain_words_stay_plain() {
        assert_eq!(
            inline("POST /venues answered 200, not 201"),
            "POST /venues answered 200, not 201"
        );
    }
}

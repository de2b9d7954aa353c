//! What a report quotes from a check's documentation.

/// The first sentence under "Why it matters", on one line; none if the heading is missing.
pub(super) fn why(docs: &str) -> Option<String> {
    let mut lines = docs
        .lines()
        .skip_while(|l| l.trim() != "## Why it matters")
        .skip(1);
    let paragraph: Vec<&str> = lines
        .by_ref()
        .map(str::trim)
        .skip_while(|l| l.is_empty())
        .take_while(|l| !l.is_empty() && !l.starts_with('#'))
        .collect();
    let text = paragraph.join(" ");
    let end = text
        .match_indices(['.', '?', '!'])
        .map(|(at, _)| at + 1)
        .find(|&end| ends_sentence(&text[end..]))
        .unwrap_or(text.len());
    (!text.is_empty()).then(|| text[..end].to_owned())
}

/// A full stop ends a sentence when a capital follows it: "1.5", "e.g. this" and `a.b` go on.
fn ends_sentence(rest: &str) -> bool {
    match rest.strip_prefix(' ') {
        Some(next) => next.starts_with(|c: char| c.is_uppercase() || c == '`'),
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_of_the_right_section() {
        let docs = "## What it looks at\nA. B.\n\n## Why it matters\n\nA client, e.g. a browser,\n\
                    retries after 1.5 s. Then it gives up.\n\n## Passes\nx\n";
        let expected = "A client, e.g. a browser, retries after 1.5 s.";
        assert_eq!(why(docs).as_deref(), Some(expected));
    }

    #[test]
    fn a_missing_or_empty_section_says_nothing() {
        assert_eq!(why("## Passes\nx"), None);
        assert_eq!(why("## Why it matters\n\n## Passes\nx"), None);
        assert_eq!(
            why("## Why it matters\nno stop").as_deref(),
            Some("no stop")
        );
    }
}

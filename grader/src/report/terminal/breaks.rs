//! Where a line may be broken.

use textwrap::WordSeparator;
use textwrap::core::Word;

/// Words that end at a blank or a comma, so that JSON breaks between its members.
pub(super) fn words_and_commas(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let words = WordSeparator::AsciiSpace.find_words(line);
    Box::new(words.flat_map(|word| {
        let mut parts: Vec<Word<'_>> = word.word.split_inclusive(',').map(Word::from).collect();
        match parts.last_mut() {
            Some(last) => last.whitespace = word.whitespace,
            None => parts.push(word),
        }
        parts
    }))
}

/// A shell command split where a line may be broken: at blanks outside quotes. An option stays with its
/// value.
pub(super) fn arguments(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quote, mut escaped) = (None, false);
    for c in command.chars() {
        match (quote, c) {
            (None, ' ' | '\n') if !escaped => {
                words.push(String::new());
                continue;
            }
            (None, '\'' | '"') if !escaped => quote = Some(c),
            (Some(open), c) if c == open && !escaped => quote = None,
            _ => {}
        }
        escaped = c == '\\' && !escaped && quote != Some('\'');
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let mut joined: Vec<String> = Vec::new();
    for word in words.into_iter().filter(|w| !w.is_empty() && w != "\\") {
        match joined.last_mut() {
            Some(option)
                if option.starts_with('-') && !option.contains(' ') && !word.starts_with('-') =>
            {
                option.push(' ');
                option.push_str(&word);
            }
            _ => joined.push(word),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_break_between_arguments_only() {
        let curl = "curl -i -X POST 'http://h/a b' -H 'x: y' --data '{\"a\": \"it'\\''s  b\"}'";
        assert_eq!(
            arguments(curl),
            [
                "curl",
                "-i",
                "-X POST",
                "'http://h/a b'",
                "-H 'x: y'",
                "--data '{\"a\": \"it'\\''s  b\"}'"
            ]
        );
    }

    #[test]
    fn json_breaks_after_its_commas() {
        let words: Vec<_> = words_and_commas("{\"a\":1,\"b\":\"c d\"}")
            .map(|w| w.word)
            .collect();
        assert_eq!(words, ["{\"a\":1,", "\"b\":\"c", "d\"}"]);
    }
}

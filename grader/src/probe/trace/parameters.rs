//! Parameters as the log prints them: `$1 = '5', $2 = NULL, $3 = 'it''s'`.

/// The values behind `parameters: `, in order. Whatever is not written like that gives nothing.
pub(super) fn parse(text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = text.trim_start();
    while rest.starts_with('$') {
        let Some((_, after)) = rest.split_once(" = ") else {
            break;
        };
        let (value, left) = match after.strip_prefix('\'') {
            Some(quoted) => unquote(quoted),
            None => (None, after.trim_start_matches("NULL")),
        };
        values.push(value);
        rest = left.strip_prefix(", ").unwrap_or_default();
    }
    values
}

/// The text up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> (Option<String>, &str) {
    let mut value = String::new();
    let mut rest = quoted;
    while let Some((before, after)) = rest.split_once('\'') {
        value.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return (Some(value), after),
        }
    }
    value.push_str(rest);
    (Some(value), "")
}

/// The parameters in an error's context, and the context without them. The frame that carries them is the
/// outermost, so it comes last.
pub(super) fn from_context(context: &str) -> (&str, Vec<Option<String>>) {
    const FRAMES: [&str; 3] = [
        "unnamed portal with parameters: ",
        "portal \"",
        "extended query with parameters: ",
    ];
    let starts = context.match_indices('\n').map(|(at, _)| at + 1);
    for start in std::iter::once(0).chain(starts) {
        let frame = &context[start..];
        if FRAMES.iter().any(|f| frame.starts_with(f))
            && let Some((_, values)) = frame.split_once(" with parameters: ")
        {
            return (context[..start].trim_end(), parse(values));
        }
    }
    (context.trim_end(), Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_from_each_other() {
        let value = |s: &str| Some(s.to_owned());
        assert_eq!(
            parse("$1 = 'it''s, $2 = ''x''', $2 = NULL, $3 = ''"),
            [value("it's, $2 = 'x'"), None, value("")]
        );
        assert!(parse("").is_empty());
    }

    #[test]
    fn the_frame_of_the_parameters_is_no_nesting() {
        let (left, values) = from_context("unnamed portal with parameters: $1 = '5'");
        assert_eq!((left, values), ("", vec![Some("5".to_owned())]));
        let (left, values) = from_context(
            "SQL function \"f\" statement 1\nportal \"p\" with parameters: $1 = 'a\nb'",
        );
        assert_eq!(
            (left, values),
            (
                "SQL function \"f\" statement 1",
                vec![Some("a\nb".to_owned())]
            )
        );
        assert_eq!(from_context("PL/pgSQL function f() line 1").1, []);
    }
}

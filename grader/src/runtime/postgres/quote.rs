//! Names and values inside SQL text, where a parameter cannot stand.

/// A name as a quoted identifier: `a"b` becomes `"a""b"`.
pub fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value as a string literal that means the same whatever `standard_conforming_strings` says.
pub fn literal(value: &str) -> String {
    let doubled = value.replace('\'', "''");
    if doubled.contains('\\') {
        format!(" E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(ident(r#"od"d"#), r#""od""d""#);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"back\slash'"), r" E'back\\slash'''");
    }
}

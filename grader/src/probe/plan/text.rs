//! Conditions as plans print them: which columns they speak of, and which expressions they compare.

/// The columns of a table, known by this alias, that a text of a verbose plan names: `venue_id` in
/// `(event.venue_id = '7'::bigint)`. Only names of `known` columns, each once, in the order of the text.
pub fn columns_of(alias: &str, text: &str, known: &[String]) -> Vec<String> {
    let mut found: Vec<(usize, &String)> = Vec::new();
    for prefix in qualifiers(alias) {
        for (at, _) in text.match_indices(&prefix) {
            if is_inside_a_name(text, at) {
                continue;
            }
            let rest = &text[at + prefix.len()..];
            if let Some(column) = known.iter().find(|c| begins_with_name(rest, c)) {
                found.push((at, column));
            }
        }
    }
    found.sort();
    let mut columns: Vec<String> = Vec::new();
    for (_, column) in found {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    columns
}

/// The expressions over columns of a table that a condition compares with something for equality, as an index on
/// the table would spell them: `lower(email)` in `(lower(c.email) = 'x'::text)`.
pub fn expressions_on(alias: &str, text: &str, known: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for part in conjuncts(text) {
        let sides = split(part, " = ");
        // What is compared in another way than for equality has one side here.
        for side in sides.iter().filter(|_| sides.len() == 2) {
            let side = bare(side.trim());
            let mut plain = side.to_owned();
            for prefix in qualifiers(alias) {
                plain = plain.replace(&prefix, "");
            }
            let columns = columns_of(alias, side, known);
            let quoted = format!("\"{plain}\"");
            let is_column = known
                .iter()
                .any(|c| *c == plain || format!("\"{c}\"") == quoted);
            // Over this table alone: whatever is qualified otherwise belongs to another.
            let foreign = plain.contains('.') && !plain.contains('\'');
            if !columns.is_empty() && !is_column && !foreign && !found.contains(&plain) {
                found.push(plain);
            }
        }
    }
    found
}

/// `event.` and `"event".`
fn qualifiers(alias: &str) -> [String; 2] {
    [format!("{alias}."), format!("\"{alias}\".")]
}

fn is_inside_a_name(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '"'))
}

fn begins_with_name(rest: &str, name: &str) -> bool {
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    if rest.starts_with(&quoted) {
        return true;
    }
    let after = rest.strip_prefix(name);
    after.is_some_and(|after| {
        let next = after.chars().next();
        !next.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
    })
}

/// The parts of a condition that must all hold.
fn conjuncts(text: &str) -> Vec<&str> {
    split(bare(text.trim()), " AND ")
        .into_iter()
        .map(|part| bare(part.trim()))
        .collect()
}

/// Without the parentheses around all of it.
fn bare(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    match inner {
        Some(inner) if depths(inner).all(|(_, depth)| depth >= 0) => bare(inner),
        _ => text,
    }
}

/// Cut at a separator that stands in no parentheses and no quotes.
fn split<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, depth) in depths(text) {
        if depth == 0 && at >= start && text[at..].starts_with(separator) {
            parts.push(&text[start..at]);
            start = at + separator.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Each character's place and how many parentheses are open after it; what stands in quotes opens none and is
/// passed over.
fn depths(text: &str) -> impl Iterator<Item = (usize, i32)> {
    let (mut depth, mut quote) = (0, None);
    text.char_indices().filter_map(move |(at, c)| {
        match (quote, c) {
            (Some(open), c) => {
                if c == open {
                    quote = None;
                }
                return None;
            }
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            _ => {}
        }
        Some((at, depth))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn only_whole_names_of_that_table_are_its_columns() {
        let known = names(&["id", "venue", "venue_id", "odd name"]);
        let text = "((e.venue_id = v.id) AND (the.id > 1) AND (e.\"odd name\" = 'e.id'::text))";
        assert_eq!(
            columns_of("e", text, &known)[..2],
            names(&["venue_id", "odd name"])
        );
        assert_eq!(columns_of("v", text, &known), names(&["id"]));
        assert_eq!(columns_of("x", text, &known), names(&[]));
    }

    #[test]
    fn an_expression_is_what_is_compared_and_is_no_column() {
        let known = names(&["email", "id"]);
        let of = |text| expressions_on("c", text, &known);
        assert_eq!(of("(lower(c.email) = 'a = (b'::text)"), ["lower(email)"]);
        assert_eq!(of("((c.id)::text = '5'::text)"), ["(id)::text"]);
        assert_eq!(
            of("((c.id > 4) AND (lower((c.email)::text) = lower('X'::text)))"),
            ["lower((email)::text)"]
        );
        assert!(of("(c.email = 'x'::text)").is_empty());
        assert!(of("((c.email || d.x) = 'x'::text)").is_empty());
    }
}

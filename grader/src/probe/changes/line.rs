//! The lines of `test_decoding`: `BEGIN`, `table public.t: INSERT: id[integer]:1 name[text]:'x'`, `COMMIT`.

use super::{Commit, Deed, Row};

/// The transactions that changed rows. What is not about rows (a message of ours) is passed over.
pub(super) fn commits(lines: &[String]) -> Vec<Commit> {
    let (mut all, mut open) = (Vec::new(), Commit::default());
    for line in lines {
        match line.split_whitespace().next() {
            Some("BEGIN") => open = Commit::default(),
            Some("COMMIT") => all.push(std::mem::take(&mut open)),
            _ => open.rows.extend(rows(line)),
        }
    }
    all.retain(|commit| !commit.rows.is_empty());
    all
}

/// A truncation names all its tables in one line.
fn rows(line: &str) -> Vec<Row> {
    let Some(mut rest) = line.strip_prefix("table ") else {
        return Vec::new();
    };
    let mut tables = Vec::new();
    loop {
        let Some((table, after)) = table(rest) else {
            return Vec::new();
        };
        tables.push(table);
        match after.strip_prefix(", ") {
            Some(next) => rest = next,
            None => {
                rest = after;
                break;
            }
        }
    }
    let Some((deed, values)) = rest.strip_prefix(": ").and_then(deed) else {
        return Vec::new();
    };
    let row = |table| Row {
        table,
        deed,
        values: values.to_owned(),
    };
    tables.into_iter().map(row).collect()
}

fn deed(rest: &str) -> Option<(Deed, &str)> {
    let (word, values) = rest.split_once(':')?;
    let deed = match word {
        "INSERT" => Deed::Insert,
        "UPDATE" => Deed::Update,
        "DELETE" => Deed::Delete,
        "TRUNCATE" => Deed::Truncate,
        _ => return None,
    };
    // Of an update that changes a key the old one is printed first.
    let values = match values.split_once("new-tuple:") {
        Some((_, new)) if deed == Deed::Update && values.starts_with(" old-key:") => new,
        _ => values,
    };
    Some((deed, values.trim_start()))
}

/// `schema.table` without quotes, and what follows.
fn table(text: &str) -> Option<(String, &str)> {
    let (schema, rest) = name(text)?;
    let (table, rest) = name(rest.strip_prefix('.')?)?;
    Some((format!("{schema}.{table}"), rest))
}

/// A name, quoted or plain.
fn name(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(['.', ':', ','])?;
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return Some((name, &quoted[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Vec<Commit> {
        commits(&lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn rows_stand_in_their_transactions() {
        let all = read(&[
            "BEGIN",
            "table public.venue: INSERT: id[bigint]:1 name[text]:'It''s: new-tuple:'",
            "table \"my shop\".\"a.\"\"b\": UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2",
            "COMMIT",
            "BEGIN",
            "message: transactional: 1 prefix: grader, sz: 0 content:",
            "COMMIT",
            "BEGIN",
            "table public.a, public.b: TRUNCATE: (no-flags)",
            "table public.a: DELETE: (no-tuple-data)",
            "COMMIT",
        ]);
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!(all[0].rows[0].table, "public.venue");
        assert!(all[0].says("it's"), "{all:?}");
        let moved = &all[0].rows[1];
        assert_eq!(
            (moved.table.as_str(), moved.deed),
            ("my shop.a.\"b", Deed::Update)
        );
        assert_eq!(moved.values, "id[integer]:2");
        let deeds: Vec<_> = all[1]
            .rows
            .iter()
            .map(|r| (r.table.as_str(), r.deed))
            .collect();
        assert_eq!(
            deeds,
            [
                ("public.a", Deed::Truncate),
                ("public.b", Deed::Truncate),
                ("public.a", Deed::Delete)
            ]
        );
    }
}

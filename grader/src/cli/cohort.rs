//! What a cohort ends with: the gradebook, the page, and a summary.

use std::path::Path;

use super::print;
use crate::cohort::{Outcome, Row, gradebook, page};
use crate::model::{CheckIndex, Exit, Fault};
use crate::report::{cut, one_line, write_atomically};

/// How many submissions without a grade are named.
const LINES: usize = 12;

/// Writes what belongs to all rows into the folder, and says how it went.
///
/// # Errors
/// Whatever the file system says.
pub(super) fn conclude(rows: &[Row], folder: &Path, index: &CheckIndex) -> Result<Exit, Fault> {
    let (book, html) = (folder.join("gradebook.csv"), folder.join("cohort.html"));
    write_atomically(&book, gradebook(rows)?.as_bytes())?;
    write_atomically(&html, page(rows, index).as_bytes())?;
    let mut text = summary(rows);
    text += &format!("\n  gradebook  {}\n", book.display());
    text += &format!("  page       {}\n", html.display());
    print(&mut std::io::stdout(), &text)?;
    Ok(exit(rows))
}

/// 3 where a fault of ours is among them, 1 where something handed in cannot be graded, else 0.
fn exit(rows: &[Row]) -> Exit {
    let any = |is: fn(&Outcome) -> bool| rows.iter().any(|row| is(&row.outcome));
    if any(|o| matches!(o, Outcome::Fault { .. } | Outcome::Waiting)) {
        Exit::Fault
    } else if any(|o| matches!(o, Outcome::Refused { .. })) {
        Exit::NotYet
    } else {
        Exit::Open
    }
}

fn summary(rows: &[Row]) -> String {
    let counted = |word: &str| rows.iter().filter(|row| row.word() == word).count();
    let graded: Vec<_> = rows.iter().filter(|r| r.word() == "graded").collect();
    let open = |row: &&&Row| {
        let tiers = row.graded().map(|g| g.tiers.as_slice()).unwrap_or_default();
        tiers.iter().all(|tier| tier.gate == "open") && !tiers.is_empty()
    };
    let part = graded
        .iter()
        .any(|r| r.graded().is_some_and(|g| !g.complete));
    let gates = match part {
        true => "gates are not settled, because only a part was asked".to_owned(),
        false => match graded.iter().filter(open).count() {
            1 => "1 gate open".to_owned(),
            n => format!("{n} gates open"),
        },
    };
    let mut text = format!("{} of {} graded, {gates}\n", graded.len(), rows.len());
    for (word, said) in [
        ("missing", "handed in nothing"),
        ("waiting", "not graded yet: run the batch again"),
    ] {
        match counted(word) {
            0 => {}
            n => text += &format!("{n} {said}\n"),
        }
    }
    for (word, title) in [
        ("refused", "cannot be graded"),
        ("fault", "our fault, not theirs"),
    ] {
        let mut named: Vec<&Row> = rows.iter().filter(|row| row.word() == word).collect();
        named.sort_by_key(|row| (&row.id, &row.name));
        if !named.is_empty() {
            text += &format!("{} {title}\n", named.len());
        }
        for row in named.iter().take(LINES) {
            text += &format!("  {}: {}\n", line(&row.name, 80), line(&row.reason(), 300));
            if let Outcome::Fault { again, .. } = &row.outcome {
                // A command is copied as it is.
                text += &format!("    again: {}\n", one_line(again));
            }
        }
        if named.len() > LINES {
            text += &format!("  … and {} more\n", named.len() - LINES);
        }
    }
    text
}

fn line(text: &str, limit: usize) -> String {
    cut(&one_line(text), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_decides_and_each_is_named() {
        let refused = Outcome::Refused {
            why: "the archive is not unpacked: it is \u{1b}[31mencrypted".to_owned(),
        };
        let fault = Outcome::Fault {
            why: "no space left on device".to_owned(),
            tail: String::new(),
            again: "grader grade dan".to_owned(),
            graded: None,
        };
        let mut rows = vec![Row::new("ann", "1", Outcome::Missing)];
        assert_eq!(exit(&rows), Exit::Open);
        rows.push(Row::new("eve", "3", refused));
        assert_eq!(exit(&rows), Exit::NotYet);
        rows.push(Row::new("dan", "2", fault));
        assert_eq!(exit(&rows), Exit::Fault);
        let expected = "0 of 3 graded, 0 gates open\n1 handed in nothing\n1 cannot be graded\n  \
            eve: the archive is not unpacked: it is \\x1b[31mencrypted\n1 our fault, not theirs\n  \
            dan: no space left on device\n    again: grader grade dan\n";
        assert_eq!(summary(&rows), expected);
    }
}

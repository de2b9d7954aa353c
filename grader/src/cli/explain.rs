//! `grader explain ID`: a check's documentation.

use std::io::Write;

use super::unknown::unknown;
use super::{Look, print};
use crate::model::{CheckIndex, Exit, Fault};
use crate::report::terminal;

/// Prints the check to `out`; for an unknown id, says to `err` what might have been meant.
///
/// # Errors
/// Only if a writer fails.
pub(super) fn explain(
    index: &CheckIndex,
    id: &str,
    look: Look,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, Fault> {
    // A finding's id is its check's with a number.
    let check = id.split_once('#').map_or(id, |(check, _)| check);
    if let Some(meta) = index.get(check) {
        print(out, &terminal::check(meta, look.width, look.style))?;
        return Ok(Exit::Open);
    }
    let what = unknown("check", check, index.iter().map(|m| m.id.as_str()));
    print(
        err,
        &format!("error: {what}\n  try: `grader checks` lists them\n"),
    )?;
    Ok(Exit::Usage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Style, sample};

    fn run(id: &str) -> (Exit, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let look = Look {
            width: 80,
            style: Style::PLAIN,
        };
        let exit = explain(&sample::index(), id, look, &mut out, &mut err).unwrap();
        (
            exit,
            String::from_utf8(out).unwrap(),
            String::from_utf8(err).unwrap(),
        )
    }

    #[test]
    fn a_check_and_a_finding_of_it_are_explained() {
        let (exit, out, err) = run("boot.never-answers");
        assert_eq!((exit, err.as_str()), (Exit::Open, ""));
        assert!(out.starts_with("boot.never-answers"));
        assert!(out.contains("Why it matters"));
        assert_eq!(run("boot.never-answers#2").1, out);
    }

    #[test]
    fn a_slip_gets_a_guess_and_nonsense_the_list() {
        let (exit, out, err) = run("boot.never-answer");
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
        assert!(err.contains("did you mean `boot.never-answers`?"), "{err}");
        let (_, _, err) = run("\u{1b}[31m");
        assert!(
            !err.contains('\u{1b}') && !err.contains("did you mean"),
            "{err}"
        );
    }
}

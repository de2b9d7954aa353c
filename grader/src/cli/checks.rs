//! `grader checks [--stage S] [--json]`: what is asked.

use std::io::Write;

use super::{Look, asked, print};
use crate::model::{CheckIndex, CheckMeta, Doing, Exit, Fault};
use crate::report::terminal;

/// Prints all checks, or those of one stage, to `out`: as a list, or as JSON with everything about them.
/// An unknown stage is told to `err`.
///
/// # Errors
/// Only if a writer fails.
pub(super) fn checks(
    index: &CheckIndex,
    stage: Option<&str>,
    json: bool,
    look: Look,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, Fault> {
    let wanted = match stage.map(asked::named).transpose() {
        Ok(wanted) => wanted,
        Err(what) => {
            print(err, &format!("error: {what}\n"))?;
            return Ok(Exit::Usage);
        }
    };
    let checks: Vec<&CheckMeta> = index
        .iter()
        .filter(|m| wanted.is_none_or(|stage| m.stage == stage))
        .collect();
    let text = if json {
        serde_json::to_string_pretty(&checks).doing("writing the checks as JSON")? + "\n"
    } else {
        terminal::list(&checks, look.width, look.style)
    };
    print(out, &text)?;
    Ok(Exit::Open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Style, sample};

    fn run(stage: Option<&str>, json: bool) -> (Exit, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let look = Look {
            width: 80,
            style: Style::PLAIN,
        };
        let exit = checks(&sample::index(), stage, json, look, &mut out, &mut err).unwrap();
        (
            exit,
            String::from_utf8(out).unwrap(),
            String::from_utf8(err).unwrap(),
        )
    }

    #[test]
    fn a_stage_lists_its_own_checks() {
        let (exit, out, _) = run(Some("schema"), false);
        assert_eq!(exit, Exit::Open);
        assert!(
            out.contains("schema.keys-missing") && !out.contains("boot."),
            "{out}"
        );
    }

    #[test]
    fn json_holds_every_check_whole() {
        let (_, out, _) = run(None, true);
        let checks: Vec<CheckMeta> = serde_json::from_str(&out).unwrap();
        assert!(checks.iter().eq(sample::index().iter()));
    }

    #[test]
    fn a_misspelt_stage_gets_a_guess() {
        let (exit, out, err) = run(Some("endpoint"), true);
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
        assert!(err.contains("did you mean `endpoints`?"), "{err}");
    }
}

//! A name that nothing has.

use crate::model::nearest;
use crate::report::one_line;

/// ``there is no check `x` (did you mean `y`?)``: one sentence for every kind of thing that has a name.
pub(super) fn unknown<'a>(
    kind: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    let guess = nearest(name, known).map(|guess| format!(" (did you mean `{guess}`?)"));
    format!(
        "there is no {kind} `{}`{}",
        one_line(name),
        guess.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_gets_a_guess_and_nonsense_none() {
        let known = ["boot", "endpoints"];
        assert_eq!(
            unknown("stage", "boots", known),
            "there is no stage `boots` (did you mean `boot`?)"
        );
        assert_eq!(
            unknown("stage", "\u{1b}[31m", known),
            "there is no stage `\\x1b[31m`"
        );
    }
}

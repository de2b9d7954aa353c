//! The hint ladder: a question, the principle, the move.

/// The hint after so many rungs climbed, with its rung from 1 and their number. Past the top the last hint stays.
pub(super) fn rung(hints: &[String], climbed: usize) -> Option<(String, (u32, u32))> {
    let at = climbed.min(hints.len().checked_sub(1)?);
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some((
        hints.get(at)?.clone(),
        (number(at + 1), number(hints.len())),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rung_is_a_question_and_the_top_stays() {
        let hints = ["question", "principle", "move"].map(String::from);
        assert_eq!(rung(&hints, 0), Some(("question".to_owned(), (1, 3))));
        assert_eq!(rung(&hints, 9), Some(("move".to_owned(), (3, 3))));
        assert_eq!(rung(&[], 0), None);
    }
}

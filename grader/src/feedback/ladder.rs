//! The hint ladder: a question, the principle, the move.

/// The hint on this rung, from 0. Past the top the last hint stays.
pub(super) fn rung(hints: &[String], climbed: usize) -> Option<String> {
    hints.get(climbed).or(hints.last()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rung_is_a_question_and_the_top_stays() {
        let hints = ["question", "principle", "move"].map(String::from);
        assert_eq!(rung(&hints, 0).as_deref(), Some("question"));
        assert_eq!(rung(&hints, 9).as_deref(), Some("move"));
        assert_eq!(rung(&[], 0), None);
    }
}

//! "Did you mean …": one measure of likeness for every name a user can misspell.

/// The candidate most like `word`, if one is so like it that it was probably meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|c| (likeness(&word, &c.to_lowercase()), c))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, c)| c)
}

/// From 0 to 1. A candidate that ends with the word counts as alike: `never-answers` means
/// `boot.never-answers`.
fn likeness(word: &str, candidate: &str) -> f64 {
    let bare = candidate
        .split_once('.')
        .map_or(candidate, |(_, bare)| bare);
    strsim::normalized_damerau_levenshtein(word, candidate)
        .max(strsim::normalized_damerau_levenshtein(word, bare) * 0.99)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let ids = ["boot.never-answers", "boot.build-fails", "auth.login"];
        assert_eq!(
            nearest("boot.never-answer", ids),
            Some("boot.never-answers")
        );
        assert_eq!(nearest("never-answers", ids), Some("boot.never-answers"));
        assert_eq!(nearest("Auth.Login", ids), Some("auth.login"));
        assert_eq!(nearest("xyzzy", ids), None);
    }
}

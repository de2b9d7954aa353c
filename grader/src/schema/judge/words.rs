//! Findings in the domain's words.

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The same in code marks.
pub(super) fn code(all: &[String]) -> String {
    let marked: Vec<String> = all.iter().map(|n| format!("`{n}`")).collect();
    list(&marked)
}

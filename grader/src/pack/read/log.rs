//! Collects everything that is wrong, with its place, so that an author sees it all at once.

use std::{cell::RefCell, ops::Range};

use crate::{
    model::nearest,
    pack::{PackProblem, PackProblems},
};

/// The files that were read and the problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Log {
    texts: RefCell<Vec<(String, String)>>,
    problems: RefCell<Vec<PackProblem>>,
}

/// A place in a file: its name and the bytes meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) file: String,
    pub(crate) span: Range<usize>,
}

impl Spot {
    pub(crate) fn new(file: &str, span: Range<usize>) -> Self {
        Self {
            file: file.to_owned(),
            span,
        }
    }
}

impl Log {
    /// Keeps a file's text, so that problems can point into it.
    pub(crate) fn file(&self, name: &str, text: &str) {
        self.texts
            .borrow_mut()
            .push((name.to_owned(), text.to_owned()));
    }

    /// Says that something is wrong.
    pub(crate) fn say(&self, spot: &Spot, what: impl Into<String>, cure: impl Into<String>) {
        self.push(spot, what.into(), cure.into(), None);
    }

    /// Says that a name is unknown, with the known one that was probably meant.
    pub(crate) fn unknown<'k>(
        &self,
        spot: &Spot,
        what: impl Into<String>,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let meant = nearest(name, known.iter().copied());
        let cure = match (meant, known.len()) {
            (Some(meant), _) => format!("write `{meant}`, if that is what you mean"),
            (None, 0) => "remove it: there is nothing of the kind to name".to_owned(),
            (None, 1..=12) => format!("known here: {}", known.join(", ")),
            (None, n) => format!("known here: {} and {} more", known[..10].join(", "), n - 10),
        };
        self.push(spot, what.into(), cure, meant.map(str::to_owned));
    }

    fn push(&self, spot: &Spot, what: String, cure: String, did_you_mean: Option<String>) {
        let texts = self.texts.borrow();
        let text = texts
            .iter()
            .find(|(name, _)| *name == spot.file)
            .map_or("", |(_, t)| t);
        let (line, column) = line_and_column(text, spot.span.start);
        let start = spot.span.start.min(text.len());
        // One line is enough to see what is meant.
        let rest = text
            .get(start..spot.span.end.clamp(start, text.len()))
            .unwrap_or("");
        let length = rest.lines().next().unwrap_or("").len();
        let problem = PackProblem {
            file: spot.file.clone(),
            line,
            column,
            what,
            cure,
            did_you_mean,
            span: (start, length),
        };
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// Whether anything is wrong so far.
    pub(crate) fn is_clean(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    /// Everything that is wrong, `project.toml` first, then by line.
    pub(crate) fn into_problems(self, pack: String) -> PackProblems {
        let mut problems = self.problems.into_inner();
        let rank = |file: &str| (file != "project.toml", file.to_owned());
        problems.sort_by(|a, b| {
            (rank(&a.file), a.line, a.column).cmp(&(rank(&b.file), b.line, b.column))
        });
        PackProblems {
            pack,
            problems,
            texts: self.texts.into_inner(),
        }
    }
}

/// The line and column of a byte, both from 1; the column counts characters.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let mut end = at.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        assert_eq!(line_and_column("a = 'ü'\nbé = 1\n", 12), (2, 3));
        assert_eq!(line_and_column("", 0), (1, 1));
    }
}

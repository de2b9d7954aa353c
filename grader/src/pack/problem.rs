//! What is wrong with a pack: where, what, and what to do. All of it at once.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

/// One thing that is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackProblem {
    /// The file, relative to the pack's folder.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub cure: String,
    /// What was probably meant.
    pub did_you_mean: Option<String>,
    /// The offending bytes of the file: start and length.
    pub span: (usize, usize),
}

/// Everything that is wrong with a pack, by file and line. Never empty.
#[derive(Debug, Clone, thiserror::Error)]
pub struct PackProblems {
    /// The pack as the reader was told to find it.
    pub pack: String,
    /// The problems.
    pub problems: Vec<PackProblem>,
    /// The text of each file that a problem stands in.
    pub(super) texts: Vec<(String, String)>,
}

impl fmt::Display for PackProblem {
    /// One line, as compilers write it: `project.toml:12:3: what (did you mean …?)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.what
        )?;
        match &self.did_you_mean {
            Some(meant) => write!(f, " (did you mean `{meant}`?)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PackProblem {}

impl fmt::Display for PackProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.problems.len();
        write!(
            f,
            "{}: {n} problem{}",
            self.pack,
            if n == 1 { "" } else { "s" }
        )?;
        for problem in &self.problems {
            write!(f, "\n{problem}\n  try: {}", problem.cure)?;
        }
        Ok(())
    }
}

impl PackProblems {
    /// The problems with the lines they stand in, drawn for a terminal of this width; without colour or links.
    pub fn render(&self, width: usize) -> String {
        let mut out = String::new();
        let handler =
            miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
                .with_width(width)
                .with_links(false);
        for problem in &self.problems {
            let text = self.texts.iter().find(|(file, _)| *file == problem.file);
            let shown = Shown {
                problem,
                source: text.map(|(file, text)| {
                    NamedSource::new(format!("{}/{file}", self.pack), text.clone())
                }),
            };
            if handler.render_report(&mut out, &shown).is_err() {
                out.push_str(&format!("{problem}\n"));
            }
        }
        out
    }
}

/// A problem with its file's text, as miette wants to see it.
#[derive(Debug)]
struct Shown<'p> {
    problem: &'p PackProblem,
    source: Option<NamedSource<String>>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.what)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let cure = &self.problem.cure;
        Some(match &self.problem.did_you_mean {
            Some(meant) => Box::new(format!("did you mean `{meant}`? {cure}")),
            None => Box::new(cure),
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        let (start, length) = self.problem.span;
        Some(Box::new(std::iter::once(LabeledSpan::new(
            Some("here".into()),
            start,
            length,
        ))))
    }
}

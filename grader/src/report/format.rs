//! `--report FORMAT=PATH`.

use std::path::PathBuf;
use std::str::FromStr;

use super::exports::{
    annotations, autolab, classroom, classroom50, gradebook, gradescope, prairielearn, sarif,
};
use super::{html, json, junit, markdown};
use crate::model::{Fault, Report, nearest};

/// A file format a report can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The report itself, versioned.
    Json,
    /// JUnit XML for CI.
    Junit,
    /// Markdown for step summaries.
    Markdown,
    /// One page for a browser, with everything in it.
    Html,
    /// SARIF for code scanning.
    Sarif,
    /// `results.json` for Gradescope.
    Gradescope,
    /// `result.json` for Classroom 50.
    Classroom50,
    /// What the reporter of GitHub Classroom reads.
    Classroom,
    /// A grading result for PrairieLearn.
    PrairieLearn,
    /// Feedback and scores for Autolab.
    Autolab,
    /// Workflow commands for GitHub Actions.
    Annotations,
    /// A row of a gradebook.
    Csv,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 12] = [
        Self::Json,
        Self::Junit,
        Self::Markdown,
        Self::Html,
        Self::Sarif,
        Self::Gradescope,
        Self::Classroom50,
        Self::Classroom,
        Self::PrairieLearn,
        Self::Autolab,
        Self::Annotations,
        Self::Csv,
    ];

    /// The format's name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Sarif => "sarif",
            Self::Gradescope => "gradescope",
            Self::Classroom50 => "classroom50",
            Self::Classroom => "classroom",
            Self::PrairieLearn => "prairielearn",
            Self::Autolab => "autolab",
            Self::Annotations => "annotations",
            Self::Csv => "csv",
        }
    }

    /// The report in this format.
    ///
    /// # Errors
    /// Only if a serialiser fails, which is ours.
    pub fn render(self, report: &Report) -> Result<String, Fault> {
        match self {
            Self::Json => json::render(report),
            Self::Junit => junit::render(report),
            Self::Markdown => Ok(markdown::render(report, markdown::SUMMARY)),
            Self::Html => Ok(html::render(report)),
            Self::Sarif => sarif::render(report),
            Self::Gradescope => gradescope::render(report),
            Self::Classroom50 => classroom50::render(report),
            Self::Classroom => classroom::render(report),
            Self::PrairieLearn => prairielearn::render(report),
            Self::Autolab => autolab::render(report),
            Self::Annotations => Ok(annotations::render(report)),
            Self::Csv => gradebook::render(report),
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|f| f.as_str() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::as_str);
                let guess = nearest(name, names).map(|n| format!("; did you mean `{n}`?"));
                let guess = guess.unwrap_or_default();
                format!(
                    "there is no report format `{name}`{guess} (formats: {})",
                    names.join(", ")
                )
            })
    }
}

/// A report to be written, as the command line asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// In which format.
    pub format: Format,
    /// Where to.
    pub path: PathBuf,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "write FORMAT=PATH, for example `junit=report.xml`";
        let (format, path) = text.split_once('=').ok_or(example)?;
        if path.is_empty() {
            return Err(format!("`{text}` names no file: {example}"));
        }
        if path == "-" {
            // Standard output already carries the report for people.
            return Err(format!(
                "`-` is no file: name one, for example `{format}=report.{format}`"
            ));
        }
        Ok(Self {
            format: format.parse()?,
            path: path.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_format_and_a_path() {
        let target: Target = "junit=out/a=b.xml".parse().unwrap();
        assert_eq!(
            target,
            Target {
                format: Format::Junit,
                path: "out/a=b.xml".into()
            }
        );
    }

    #[test]
    fn mistakes_say_what_to_write() {
        let wrong = |text: &str| text.parse::<Target>().unwrap_err();
        assert!(
            wrong("jsn=x").contains("did you mean `json`?"),
            "{}",
            wrong("jsn=x")
        );
        assert!(wrong("pdf=x").contains("formats: json, junit, markdown, html, sarif, gradescope"));
        assert!(!wrong("pdf=x").contains("did you mean"));
        assert!(wrong("json").contains("FORMAT=PATH"));
        assert!(wrong("json=").contains("names no file"));
        assert!(wrong("json=-").contains("`json=report.json`"));
    }
}

//! `grader.toml`: what a learner may say to the grader. All of it is optional.
//!
//! ```toml
//! project = "1-listings"
//! [build]
//! command = "make"
//! [start]
//! command = "./server"
//! [local.start]                # only where child processes are used
//! command = "./server --verbose"
//! ```

use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::SubmissionProblem;
use crate::model::RuntimeKind;

/// Every key that may stand in the file, for the did-you-mean.
const KEYS: [&str; 7] = [
    "project", "build", "release", "start", "local", "docker", "command",
];

/// `grader.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The id of the project this folder is an answer to.
    pub project: Option<String>,
    build: Option<Command>,
    release: Option<Command>,
    start: Option<Command>,
    /// Commands of the local runtime; they win over those above.
    pub local: Steps,
    /// Commands of the docker runtime; they win over those above.
    pub docker: Steps,
}

/// The commands of one runtime.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Steps {
    build: Option<Command>,
    release: Option<Command>,
    start: Option<Command>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    command: String,
}

impl Steps {
    /// The command that starts the service.
    pub fn start(&self) -> Option<&str> {
        self.start.as_ref().map(|c| c.command.as_str())
    }

    /// The command that runs once on each fresh database.
    pub fn release(&self) -> Option<&str> {
        self.release.as_ref().map(|c| c.command.as_str())
    }
}

/// A step on the way up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// `[build]`
    Build,
    /// `[release]`
    Release,
    /// `[start]`
    Start,
}

impl Config {
    /// Reads `grader.toml` in `root`; an empty one if there is none.
    pub(super) fn read(root: &Path) -> Result<Self, SubmissionProblem> {
        let path = root.join("grader.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(SubmissionProblem::unreadable(&path, &error)),
        }
    }

    /// Reads the text.
    ///
    /// # Errors
    /// The first problem, with line, column and, for a misspelt key, the likely one.
    pub fn parse(text: &str) -> Result<Self, SubmissionProblem> {
        let config: Self = toml::from_str(text).map_err(|error| problem(text, &error))?;
        let all = [Step::Build, Step::Release, Step::Start];
        let runtimes = [RuntimeKind::Local, RuntimeKind::Docker];
        let blank = |(runtime, step)| {
            config
                .step(runtime, step)
                .is_some_and(|c| c.trim().is_empty())
        };
        match runtimes
            .into_iter()
            .flat_map(|r| all.map(|s| (r, s)))
            .any(blank)
        {
            true => Err(SubmissionProblem::new(
                "grader.toml: a `command` is empty",
                "write the command as you would type it in a terminal, or take the table out",
            )),
            false => Ok(config),
        }
    }

    /// The command of a step on a runtime: its own, else the one for all.
    pub fn step(&self, runtime: RuntimeKind, step: Step) -> Option<&str> {
        let pick = |build, release, start| match step {
            Step::Build => build,
            Step::Release => release,
            Step::Start => start,
        };
        let own = match runtime {
            RuntimeKind::Local => Some(&self.local),
            RuntimeKind::Docker => Some(&self.docker),
            RuntimeKind::Attach => None,
        };
        own.and_then(|own| pick(&own.build, &own.release, &own.start).as_ref())
            .or_else(|| pick(&self.build, &self.release, &self.start).as_ref())
            .map(|command| command.command.as_str())
    }
}

fn problem(text: &str, error: &toml::de::Error) -> SubmissionProblem {
    let at = error.span().map(|span| place(text, span.start));
    let place = at.map_or_else(String::new, |(line, column)| {
        format!(", line {line}, column {column}")
    });
    let says = error.message().lines().next().unwrap_or("not TOML");
    let key = says
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split('`').next());
    let near = key.and_then(|key| {
        KEYS.into_iter()
            .map(|known| (strsim::jaro_winkler(key, known), known))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0))
    });
    let what = match key {
        Some(key) => format!("grader.toml{place}: unknown key `{key}`"),
        None => format!("grader.toml{place}: {says}"),
    };
    let cure = match near {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => {
            "grader.toml may hold `project`, and a `command` under [build], [release] and [start]; \
                 [local.start] and [docker.start] win on their runtime"
                .into()
        }
    };
    SubmissionProblem::new(what, cure)
}

/// Line and column of a byte offset, both from 1; columns count characters.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |last| last.chars().count())
        + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_may_have_commands_of_its_own() {
        let config = Config::parse(
            "project = '1-listings'\n[start]\ncommand = 'a'\n[build]\ncommand = 'c'\n[local.start]\ncommand = 'b'\n",
        )
        .unwrap();
        assert_eq!(config.step(RuntimeKind::Local, Step::Start), Some("b"));
        assert_eq!(config.step(RuntimeKind::Docker, Step::Start), Some("a"));
        assert_eq!(config.step(RuntimeKind::Local, Step::Build), Some("c"));
        assert_eq!(config.step(RuntimeKind::Local, Step::Release), None);
        assert_eq!(config.project.as_deref(), Some("1-listings"));
    }

    #[test]
    fn a_misspelt_key_is_placed_and_guessed() {
        let problem = Config::parse("project = \"x\"\n\n[start]\ncomand = \"a\"\n").unwrap_err();
        assert_eq!(
            problem.what,
            "grader.toml, line 4, column 1: unknown key `comand`"
        );
        assert_eq!(problem.cure, "did you mean `command`?");
        let problem = Config::parse("[strat]\ncommand = 'a'\n").unwrap_err();
        assert_eq!(
            problem.what,
            "grader.toml, line 1, column 2: unknown key `strat`"
        );
        assert_eq!(problem.cure, "did you mean `start`?");
    }

    #[test]
    fn broken_toml_and_wrong_types_are_placed() {
        let says = |text: &str| Config::parse(text).unwrap_err().what;
        assert!(says("[start\ncommand = 1").starts_with("grader.toml, line 1, column "));
        assert!(
            says("[start]\ncommand = 1")
                .starts_with("grader.toml, line 2, column 11: invalid type")
        );
        assert!(says("[start]\ncommand = '  '").contains("is empty"));
    }
}

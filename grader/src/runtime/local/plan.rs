//! What builds a submission: its own word, else what its manifests say.

use std::path::Path;

use crate::model::RuntimeKind;
use crate::submission::Submission;

/// How a submission is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// What is done, in order; at least one.
    pub(crate) steps: Vec<Step>,
}

/// One manifest's part of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// One shell command.
    pub(crate) command: String,
    /// The file that says so.
    pub(crate) from: &'static str,
    /// The tools it calls, as far as we know.
    pub(crate) tools: &'static [&'static str],
}

/// The list of what a virtual environment holds.
pub(super) const REQUIREMENTS: &str = "requirements.txt";

impl Plan {
    /// All of it as one shell command.
    pub(crate) fn command(&self) -> String {
        let steps: Vec<&Step> = self.steps.iter().collect();
        join(&steps, |step| &step.command, " && ")
    }

    /// The files that say so.
    pub(crate) fn from(&self) -> String {
        let steps: Vec<&Step> = self.steps.iter().collect();
        join(&steps, |step| step.from, ", ")
    }
}

pub(super) fn join(steps: &[&Step], what: fn(&Step) -> &str, between: &str) -> String {
    let each: Vec<&str> = steps.iter().map(|step| what(step)).collect();
    each.join(between)
}

/// The tools whose versions decide whether an earlier build is still right.
const TOOLS: [&str; 5] = ["python3", "node", "npm", "rustc", "go"];

/// The plan; none where nothing needs building.
pub(crate) fn plan(submission: &Submission) -> Option<Plan> {
    let steps: Vec<Step> = match submission.build(RuntimeKind::Local) {
        Some(command) => step(command, "grader.toml", &TOOLS).into_iter().collect(),
        None => [python, node, rust, go]
            .iter()
            .filter_map(|step| step(submission))
            .collect(),
    };
    (!steps.is_empty()).then_some(Plan { steps })
}

fn step(
    command: impl Into<String>,
    from: &'static str,
    tools: &'static [&'static str],
) -> Option<Step> {
    Some(Step {
        command: command.into(),
        from,
        tools,
    })
}

fn python(submission: &Submission) -> Option<Step> {
    let venv = "python3 -m venv .venv && .venv/bin/python -m pip install --quiet";
    if submission.has(REQUIREMENTS) {
        let command = format!("{venv} -r {REQUIREMENTS}");
        return step(command, REQUIREMENTS, &["python3"]);
    }
    let manifest = read(submission, "pyproject.toml")?
        .parse::<toml::Table>()
        .ok()?;
    // Many a pyproject.toml only sets up a formatter.
    let package = manifest.contains_key("project") || manifest.contains_key("build-system");
    package
        .then(|| step(format!("{venv} ."), "pyproject.toml", &["python3"]))
        .flatten()
}

fn node(submission: &Submission) -> Option<Step> {
    let text = read(submission, "package.json")?;
    // What npm cannot read either, npm shall complain about: the learner knows its words.
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let asks = |key: &str| {
        manifest
            .get(key)
            .and_then(|v| v.as_object())
            .is_some_and(|o| !o.is_empty())
    };
    let builds = manifest.pointer("/scripts/build").is_some();
    if manifest.is_object()
        && !asks("dependencies")
        && !asks("devDependencies")
        && !asks("workspaces")
        && !builds
    {
        return None;
    }
    let install = match submission.has("package-lock.json") {
        true => "npm ci --no-audit --no-fund",
        false => "npm install --no-audit --no-fund",
    };
    let command = if builds {
        format!("{install} && npm run build")
    } else {
        install.into()
    };
    step(command, "package.json", &["node", "npm"])
}

fn rust(submission: &Submission) -> Option<Step> {
    if !submission.has("Cargo.toml") {
        return None;
    }
    // Without a committed lockfile there is nothing to be true to.
    let command = match submission.has("Cargo.lock") {
        true => "cargo build --release --locked",
        false => "cargo build --release",
    };
    step(command, "Cargo.toml", &["rustc"])
}

fn go(submission: &Submission) -> Option<Step> {
    let command = "mkdir -p bin && go build -o bin/ ./...";
    submission
        .has("go.mod")
        .then(|| step(command, "go.mod", &["go"]))
        .flatten()
}

fn read(submission: &Submission, name: &str) -> Option<String> {
    submission
        .has(name)
        .then(|| std::fs::read_to_string(Path::new(&submission.root).join(name)).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(files: &[(&str, &str)]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Procfile"), "web: ./run").unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let plan = plan(&Submission::open(folder.path()).unwrap());
        plan.map(|plan| plan.command())
    }

    #[test]
    fn the_learners_own_command_wins() {
        let files = [
            ("grader.toml", "[build]\ncommand = 'make'"),
            ("Cargo.toml", ""),
        ];
        assert_eq!(planned(&files).unwrap(), "make");
    }

    #[test]
    fn manifests_say_what_builds() {
        assert_eq!(planned(&[]), None);
        assert_eq!(
            planned(&[("Cargo.toml", "")]).unwrap(),
            "cargo build --release"
        );
        assert_eq!(
            planned(&[("Cargo.toml", ""), ("Cargo.lock", "")]).unwrap(),
            "cargo build --release --locked"
        );
        assert!(
            planned(&[("requirements.txt", "flask")])
                .unwrap()
                .contains("pip install --quiet -r requirements.txt")
        );
        let express = r#"{"dependencies": {"express": "5"}}"#;
        assert_eq!(
            planned(&[("package.json", express)]).unwrap(),
            "npm install --no-audit --no-fund"
        );
        let both = [
            ("package.json", express),
            ("package-lock.json", "{}"),
            ("requirements.txt", ""),
        ];
        assert!(planned(&both).unwrap().contains(" && npm ci"));
    }

    #[test]
    fn a_manifest_that_asks_for_nothing_builds_nothing() {
        assert_eq!(
            planned(&[("package.json", r#"{"scripts": {"start": "node x.js"}}"#)]),
            None
        );
        assert_eq!(
            planned(&[("pyproject.toml", "[tool.ruff]\nline-length = 100")]),
            None
        );
    }
}

//! What is asked of every submission of a cohort, as the command line says it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::find::{Form, Handed};
use crate::feedback::Overrides;
use crate::model::Shows;

/// What `grader batch` was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The project, as `--project` names it; else each submission says its own.
    pub project: Option<String>,
    /// A folder of packs to look in first.
    pub packs: Option<PathBuf>,
    /// How services are raised.
    pub runtime: String,
    /// The seed.
    pub seed: u64,
    /// One stage, or all.
    pub stage: Option<String>,
    /// The longest one run may take, seconds.
    pub timeout: u64,
    /// How much reports tell, whatever the project says.
    pub show: Option<Shows>,
    /// What the instructor decided, and the file that says it.
    pub overrides: Option<(PathBuf, Overrides)>,
}

impl Asked {
    /// All of it that a result depends on beside pack, grader and submission, in one line.
    pub(super) fn line(&self, submission: &str) -> String {
        let Self {
            runtime,
            seed,
            stage,
            timeout,
            show,
            ..
        } = self;
        let show = show.map_or("as the project says", Shows::as_str);
        let stage = stage.as_deref().unwrap_or("all");
        let decided = self.overrides.as_ref();
        let decided = decided.map_or_else(String::new, |(_, all)| all.digest(submission));
        format!(
            "stage={stage} seed={seed} runtime={runtime} timeout={timeout} show={show} overrides={decided}"
        )
    }

    /// The words after `grader grade DIR`.
    fn words(&self, project: &str) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["--project".into(), project.into()];
        let mut option = |name: &str, value: Option<OsString>| {
            if let Some(value) = value {
                words.extend([name.into(), value]);
            }
        };
        option("--packs", self.packs.clone().map(Into::into));
        option("--runtime", Some(self.runtime.clone().into()));
        option("--seed", Some(self.seed.to_string().into()));
        option("--timeout", Some(self.timeout.to_string().into()));
        option("--show", self.show.map(|show| show.as_str().into()));
        option("--stage", self.stage.clone().map(Into::into));
        let file = self.overrides.as_ref().map(|(file, _)| file.clone());
        option("--overrides", file.map(Into::into));
        words
    }

    /// The command line of the child that grades a folder.
    pub(super) fn child(
        &self,
        folder: &Path,
        name: &str,
        project: &str,
        report: &Path,
    ) -> Vec<OsString> {
        let mut json = OsString::from("json=");
        json.push(report);
        let mut words: Vec<OsString> = vec!["grade".into(), folder.into()];
        words.extend(self.words(project));
        words.extend(["--supervised", "--no-own-pack", "--ledger", "none"].map(OsString::from));
        // A course fills the machine with submissions, not with copies of one.
        words.extend(["--jobs", "1"].map(OsString::from));
        words.push("--name".into());
        words.extend([name.into(), "--report".into(), json]);
        words
    }

    /// A command that grades one submission again, to be pasted.
    pub(super) fn again(&self, handed: &Handed, project: &str, out: &Path) -> String {
        let mut words: Vec<OsString> = match handed.form {
            Form::Folder => vec!["grade".into(), handed.path.clone().into()],
            Form::Archive(_) => vec!["batch".into(), handed.source.clone().into()],
        };
        words.extend(self.words(project));
        if let Form::Archive(_) = handed.form {
            let rest: [OsString; 4] = [
                "--out".into(),
                out.into(),
                "--submission".into(),
                handed.name.clone().into(),
            ];
            words.extend(rest);
        }
        let words = words.iter().map(|word| quoted(&word.to_string_lossy()));
        format!("grader {}", words.collect::<Vec<_>>().join(" "))
    }
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/=,:+@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted() {
        let asked = Asked {
            project: None,
            packs: None,
            runtime: "local".to_owned(),
            seed: 7,
            stage: Some("boot".to_owned()),
            timeout: 60,
            show: None,
            overrides: None,
        };
        let handed = Handed {
            name: "it's ada".to_owned(),
            path: "/in/it's ada".into(),
            source: "/in".into(),
            form: Form::Folder,
        };
        assert_eq!(
            asked.again(&handed, "1-listings", "out".as_ref()),
            "grader grade '/in/it'\\''s ada' --project 1-listings --runtime local --seed 7 --timeout 60 --stage boot"
        );
        assert_ne!(
            asked.line("ada"),
            Asked {
                seed: 8,
                ..asked.clone()
            }
            .line("ada")
        );
    }
}

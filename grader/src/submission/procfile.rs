//! `Procfile`: one process type a line, `name: command`, as Heroku-like hosts read it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::SubmissionProblem;

/// The process types of a submission.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Procfile {
    commands: BTreeMap<String, String>,
}

impl Procfile {
    /// Reads `Procfile` in `root`; an empty one if there is none.
    pub(super) fn read(root: &Path) -> Result<Self, SubmissionProblem> {
        let path = root.join("Procfile");
        match std::fs::read(&path) {
            Ok(bytes) => Self::parse(&String::from_utf8_lossy(&bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(SubmissionProblem::unreadable(&path, &error)),
        }
    }

    /// Reads the text. Blank lines and lines that begin with `#` say nothing.
    ///
    /// # Errors
    /// The line that is no `name: command`, or names a process twice.
    pub fn parse(text: &str) -> Result<Self, SubmissionProblem> {
        let mut commands = BTreeMap::new();
        let text = text.trim_start_matches('\u{feff}');
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let problem = |says: &str| {
                SubmissionProblem::new(
                    format!("Procfile, line {number}: {says}"),
                    "write one process a line, for example `web: python3 app.py`",
                )
            };
            let (name, command) = line
                .split_once(':')
                .ok_or_else(|| problem("there is no `:`"))?;
            let (name, command) = (name.trim(), command.trim());
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if name.is_empty() || !name.chars().all(plain) {
                return Err(problem(
                    "the name before `:` may hold letters, digits, `_` and `-` only",
                ));
            }
            if command.is_empty() {
                return Err(problem(&format!("`{name}:` has no command")));
            }
            if commands
                .insert(name.to_owned(), command.to_owned())
                .is_some()
            {
                return Err(problem(&format!("`{name}:` stands here a second time")));
            }
        }
        Ok(Self { commands })
    }

    /// The command of a process type.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.commands.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_may_hold_colons_and_windows_line_ends() {
        let text = "# how it runs\r\n\r\nrelease: alembic upgrade head\r\nweb: gunicorn app:app -b 0.0.0.0:$PORT\r\n";
        let procfile = Procfile::parse(text).unwrap();
        assert_eq!(
            procfile.get("web"),
            Some("gunicorn app:app -b 0.0.0.0:$PORT")
        );
        assert_eq!(procfile.get("release"), Some("alembic upgrade head"));
        assert_eq!(procfile.get("worker"), None);
    }

    #[test]
    fn a_bad_line_is_named() {
        let says = |text: &str| Procfile::parse(text).unwrap_err().what;
        assert_eq!(
            says("web: a\npython3 app.py"),
            "Procfile, line 2: there is no `:`"
        );
        assert_eq!(says("web:"), "Procfile, line 1: `web:` has no command");
        assert!(says("web: a\nweb: b").contains("line 2: `web:` stands here a second time"));
        assert!(says("my web: a").contains("letters"));
    }
}

//! The text of a Dockerfile, instruction by instruction.

use super::Made;
use crate::runtime::shell::exec;

/// A Dockerfile in the making.
pub(super) struct Text {
    from: Vec<String>,
    lines: Vec<String>,
}

impl Text {
    /// An empty one; `says` is the file with the start command.
    pub(super) fn new(says: &str) -> Self {
        Self {
            from: vec![says.to_owned()],
            lines: Vec::new(),
        }
    }

    /// A file that decided what is written.
    pub(super) fn after(&mut self, file: &str) {
        if !self.from.iter().any(|known| known == file) {
            self.from.push(file.to_owned());
        }
    }

    /// An instruction.
    pub(super) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// A comment, said before what it explains.
    pub(super) fn note(&mut self, why: &str) {
        self.lines.push(format!("# {why}"));
    }

    /// A shell command. One with line breaks or a backslash at its end would be read as something else.
    pub(super) fn run(&mut self, command: &str) {
        let command = command.trim();
        let plain = !command.contains(['\n', '\r']) && !command.ends_with('\\');
        self.lines.push(match plain && !command.contains("<<") {
            true => format!("RUN {command}"),
            false => format!("RUN {}", list(command)),
        });
    }

    /// A blank line between stages.
    pub(super) fn stage(&mut self, from: &str) {
        if !self.lines.is_empty() {
            self.lines.push(String::new());
        }
        self.lines.push(format!("FROM {from}"));
    }

    /// Says how the service starts, as an ordinary user, and ends.
    pub(super) fn end(mut self, start: &str) -> Made {
        self.line("USER nobody");
        self.line(format!("CMD {}", list(&exec(start))));
        let from = self.from.join(", ");
        let head = format!(
            "# Made by grader from {from}. Copy it into a file named Dockerfile to make it yours."
        );
        Made {
            text: format!("{head}\n{}\n", self.lines.join("\n")),
            from,
        }
    }
}

/// The form that no other shell reads first.
fn list(command: &str) -> String {
    serde_json::json!(["sh", "-c", command])
        .to_string()
        .replace("\",\"", "\", \"")
}

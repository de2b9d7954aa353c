//! What the builder says while it builds: its steps, what each writes, which one failed.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::Write;
use std::path::Path;

use bollard::moby::buildkit::v1::StatusResponse;
use bollard::models::{BuildInfo, BuildInfoAux};

use crate::model::{Doing, Fault};

/// Lines kept in memory.
const LINES: usize = 1000;
/// Bytes kept of one line.
const WIDTH: usize = 2000;

/// All that was said so far, in bounds.
#[derive(Debug, Default)]
pub(super) struct Progress {
    steps: HashMap<String, Step>,
    lines: VecDeque<Line>,
    kept: Option<Kept>,
    buildkit: bool,
    /// The step the classic builder is at: it does one after the other.
    current: String,
    /// The container that the classic builder runs the step in.
    container: Option<String>,
}

/// A step of the build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// As the builder names it: `[2/4] RUN npm ci`.
    pub(super) name: String,
    /// Why it failed; empty if it did not.
    pub(super) error: String,
    begun: bool,
    /// What it wrote after its last line end.
    rest: Vec<u8>,
}

#[derive(Debug)]
struct Line {
    step: String,
    text: String,
}

/// The beginning of the log, in a file.
#[derive(Debug)]
struct Kept {
    file: File,
    room: u64,
}

impl Progress {
    /// Also writes the log to a new file, `room` bytes of it.
    pub(super) fn keep(&mut self, path: &Path, room: u64) -> Result<(), Fault> {
        let file = File::create(path).doing(format!("opening the log {}", path.display()))?;
        self.kept = Some(Kept { file, room });
        Ok(())
    }

    /// Takes in one message.
    pub(super) fn hear(&mut self, said: BuildInfo) {
        if let Some(BuildInfoAux::BuildKit(status)) = said.aux {
            self.buildkit = true;
            self.status(status);
        }
        // BuildKit says here only how the image is tagged.
        if let (Some(text), true) = (said.stream, !self.buildkit) {
            self.classic(&text);
        }
    }

    fn status(&mut self, status: StatusResponse) {
        for vertex in status.vertexes {
            let step = self.steps.entry(vertex.digest.clone()).or_default();
            step.name = one_line(&vertex.name);
            step.error = vertex.error;
            let begins = vertex.started.is_some() && !std::mem::replace(&mut step.begun, true);
            // What the builder does for itself interests nobody.
            let theirs = step.name.starts_with('[') && !step.name.starts_with("[internal]");
            if begins && theirs {
                let name = step.name.clone();
                let cached = if vertex.cached { " (as before)" } else { "" };
                self.line(&vertex.digest, format!("{name}{cached}"));
            }
        }
        for log in status.logs {
            self.write(&log.vertex, &log.msg);
        }
    }

    /// The classic builder says it all in one stream: `Step 2/4 : RUN npm ci`.
    fn classic(&mut self, text: &str) {
        let named = text.strip_prefix("Step ").and_then(|t| t.split_once(" : "));
        if let Some((number, instruction)) = named {
            let name = format!("[{number}] {}", one_line(instruction));
            let step = Step {
                name: name.clone(),
                ..Step::default()
            };
            self.current = name.clone();
            self.steps.insert(name.clone(), step);
            self.line(&name.clone(), name);
        } else {
            let own = text.trim();
            if let Some(id) = own.strip_prefix("---> Running in ") {
                self.container = Some(id.to_owned());
            }
            // What the builder does for itself interests nobody.
            let noise = ["---> ", "Removing intermediate container", "Successfully "];
            let step = self.steps.get(&self.current);
            let blank = own.is_empty() && step.is_none_or(|step| step.rest.is_empty());
            if blank || noise.iter().any(|begin| own.starts_with(begin)) {
                return;
            }
            let current = self.current.clone();
            self.write(&current, text.as_bytes());
        }
    }

    fn write(&mut self, step: &str, bytes: &[u8]) {
        let mut rest = std::mem::take(&mut self.steps.entry(step.to_owned()).or_default().rest);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = WIDTH.saturating_sub(rest.len());
            rest.extend(piece.iter().take(room).filter(|byte| **byte != b'\n'));
            if piece.ends_with(b"\n") {
                self.line(step, text(&rest));
                rest.clear();
            }
        }
        if let Some(step) = self.steps.get_mut(step) {
            step.rest = rest;
        }
    }

    /// Nothing more will be said.
    pub(super) fn end(&mut self) {
        let unfinished: Vec<(String, String)> = (self.steps.iter_mut())
            .filter(|(_, step)| !step.rest.is_empty())
            .map(|(id, step)| (id.clone(), text(&std::mem::take(&mut step.rest))))
            .collect();
        for (step, text) in unfinished {
            self.line(&step, text);
        }
    }

    fn line(&mut self, step: &str, text: String) {
        if let Some(kept) = &mut self.kept {
            kept.write(&text);
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(Line {
            step: step.to_owned(),
            text,
        });
    }

    /// The container that the classic builder last ran a step in.
    pub(super) fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// The last lines of all steps, oldest first.
    pub(super) fn tail(&self, count: usize) -> Vec<String> {
        let skipped = self.lines.len().saturating_sub(count);
        let last = self.lines.iter().skip(skipped);
        last.map(|line| line.text.clone()).collect()
    }

    /// The step that failed first by its own doing, and what it wrote. Stages are built side by side; one that fails
    /// takes the others down.
    pub(super) fn failed(&self) -> Option<(Step, Vec<String>)> {
        let own = |step: &Step| !step.error.is_empty() && !step.error.ends_with("context canceled");
        let found = (self.steps.iter())
            .filter(|(_, step)| own(step))
            .min_by_key(|(_, step)| step.name.clone());
        let classic = || self.steps.get_key_value(&self.current);
        let (id, step) = found.or_else(classic)?;
        let lines = self.lines.iter().filter(|line| line.step == *id);
        Some((step.clone(), lines.map(|line| line.text.clone()).collect()))
    }
}

impl Kept {
    /// A full disk costs the file, never the build: the lines in memory are what reports show.
    fn write(&mut self, line: &str) {
        let line = format!("{line}\n");
        let room = usize::try_from(self.room).unwrap_or(usize::MAX);
        let bytes = line.as_bytes();
        let bytes = bytes.get(..bytes.len().min(room)).unwrap_or_default();
        self.room = match self.file.write_all(bytes) {
            Ok(()) => self.room - bytes.len() as u64,
            Err(_) => 0,
        };
    }
}

/// What a terminal would show of a line: progress bars overwrite themselves.
fn text(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    let line = line.trim_end_matches('\r');
    line.rsplit('\r').next().unwrap_or(line).to_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(stream: &str) -> BuildInfo {
        BuildInfo {
            stream: Some(stream.into()),
            ..BuildInfo::default()
        }
    }

    fn status(names: &[(&str, &str, &str)], logs: &[(&str, &str)]) -> BuildInfo {
        use bollard::moby::buildkit::v1::{Vertex, VertexLog};
        let mut status = StatusResponse::default();
        for (id, name, error) in names {
            status.vertexes.push(Vertex {
                digest: (*id).into(),
                name: (*name).into(),
                error: (*error).into(),
                started: Some(Default::default()),
                ..Vertex::default()
            });
        }
        for (id, text) in logs {
            status.logs.push(VertexLog {
                vertex: (*id).into(),
                msg: text.as_bytes().to_vec(),
                ..VertexLog::default()
            });
        }
        BuildInfo {
            aux: Some(BuildInfoAux::BuildKit(status)),
            ..BuildInfo::default()
        }
    }

    #[test]
    fn the_failed_step_is_told_with_its_own_lines() {
        let mut progress = Progress::default();
        progress.hear(status(
            &[("a", "[x 1/2] RUN one", ""), ("b", "[y 1/2] RUN  two", "")],
            &[],
        ));
        progress.hear(status(
            &[],
            &[("a", "from a\n"), ("b", "half a"), ("a", "more a\n")],
        ));
        progress.hear(status(&[], &[("b", " line\r\nend")]));
        progress.hear(status(&[("a", "[x 1/2] RUN one", "context canceled")], &[]));
        progress.hear(status(&[("b", "[y 1/2] RUN two", "exit code: 1")], &[]));
        progress.end();
        let (step, lines) = progress.failed().unwrap();
        assert_eq!(step.name, "[y 1/2] RUN two");
        assert_eq!(lines, ["[y 1/2] RUN two", "half a line", "end"]);
        assert_eq!(progress.tail(2), ["half a line", "end"]);
    }

    #[test]
    fn the_classic_builder_fails_where_it_is() {
        let mut progress = Progress::default();
        for text in [
            "Step 1/2 : FROM a\n",
            " ---> 12\n",
            "Step 2/2 : RUN x\n",
            "oh",
            " no\n",
        ] {
            progress.hear(said(text));
        }
        let (step, lines) = progress.failed().unwrap();
        assert_eq!(step.name, "[2/2] RUN x");
        assert_eq!(lines, ["[2/2] RUN x", "oh no"]);
    }

    #[test]
    fn a_flood_stays_in_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut progress = Progress::default();
        progress.keep(&path, 5000).unwrap();
        for n in 0..3000 {
            progress.hear(status(
                &[],
                &[("a", &format!("{}\n{n}\n", "x".repeat(3000)))],
            ));
        }
        assert_eq!(progress.tail(usize::MAX).len(), LINES);
        assert_eq!(progress.tail(1), ["2999"]);
        assert_eq!(progress.tail(2)[0].len(), WIDTH);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 5000);
    }
}

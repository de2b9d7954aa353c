//! The program as a user starts it, and what to expect of its end.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::ended::Ended;
use crate::runtime::bench::open_folder;

/// Whether it is the turn of this, one time in so many (`ci/test` says whose turn it is; otherwise it is everybody's).
pub(crate) fn has_turn(what: &str, one_in: u8) -> bool {
    let turn = std::env::var("GRADER_TURN").unwrap_or_default();
    let drawn = grader::verify::is_drawn(&turn, what, one_in);
    if !drawn {
        eprintln!("NOT RUN: it is not the turn of {what} (GRADER_TURN)");
    }
    drawn
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    let grader = Path::new(env!("CARGO_MANIFEST_DIR"));
    grader.parent().unwrap().to_path_buf()
}

/// A submission that passes everything.
pub(crate) fn reference() -> PathBuf {
    root().join("fixtures/reference/1-listings/python")
}

/// `grader …`, with nothing of the caller's own settings but the shared cache.
pub(crate) struct Grader {
    command: Command,
    reports: TempDir,
}

impl Grader {
    pub(crate) fn new<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grader"));
        for name in ["NO_COLOR", "COLUMNS", "GRADER_PACKS", "GRADER_POSTGRES_BIN"] {
            command.env_remove(name);
        }
        // Fixtures are not written to.
        command.env("GRADER_LEDGER", "none");
        command.args(args).stdin(Stdio::null());
        let reports = open_folder();
        Self { command, reports }
    }

    /// `grader grade DIR …`, with a JSON report to be read with [`Ended::report`].
    pub(crate) fn grade(dir: &Path, args: &[&str]) -> Self {
        let mut grader = Self::new([OsStr::new("grade"), dir.as_os_str()]);
        let report = format!(
            "json={}",
            grader.reports.path().join("report.json").display()
        );
        grader.command.args(args).args(["--report", &report]);
        grader
    }

    /// As [`Grader::grade`], of project 1-listings.
    pub(crate) fn listings(dir: &Path, args: &[&str]) -> Self {
        let mut grader = Self::grade(dir, args);
        grader.command.args(["--project", "1-listings"]);
        grader
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    /// A place beside the report, for as long as the end of this run is held.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.reports.path().join(name)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Started in this folder.
    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// With a cache of its own.
    pub(crate) fn cache(self, cache: &Path) -> Self {
        self.env("GRADER_CACHE", cache)
    }

    /// On a terminal of its own, as an interactive user sees it.
    pub(crate) fn on_a_terminal(self) -> Self {
        let pty =
            "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
        self.through("python3", &["-c", pty])
    }

    /// Started by another program, which takes the grader's command line after these words.
    pub(crate) fn through(self, program: &str, words: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(words).arg(self.command.get_program());
        command.args(self.command.get_args()).stdin(Stdio::null());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Self { command, ..self }
    }

    /// From its start to its end.
    pub(crate) fn run(self) -> Ended {
        self.start().end()
    }

    /// Started; its output goes to files, so that it never waits for a reader.
    pub(crate) fn start(mut self) -> Running {
        let file = |name: &str| std::fs::File::create(self.reports.path().join(name)).unwrap();
        self.command.stdout(file("stdout")).stderr(file("stderr"));
        self.spawn()
    }

    /// Started; whoever reads its output has gone away already.
    pub(crate) fn start_unread(mut self) -> Running {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = self.spawn();
        drop((running.child.0.stdout.take(), running.child.0.stderr.take()));
        running
    }

    fn spawn(mut self) -> Running {
        // Which runtime is the best there is depends on the machine; a test says which it is about.
        let asked = |name: &str| self.command.get_args().any(|arg| arg == name);
        if asked("grade") && !asked("--runtime") && !asked("--url") {
            self.command.args(["--runtime", "local"]);
        }
        let child = self.command.spawn().unwrap();
        Running {
            child: Leash(child),
            command: shown(&self.command),
            reports: self.reports,
            started: Instant::now(),
        }
    }
}

/// A command as a reader would type it.
fn shown(command: &Command) -> String {
    let set = command
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    let set = set.map(|(name, value)| format!("{}={}", name.display(), value.display()));
    let args = command.get_args().map(|arg| arg.display().to_string());
    let words = set.chain(["grader".to_owned()]).chain(args);
    words.collect::<Vec<_>>().join(" ")
}

/// A process that does not outlive its test, however that ends.
struct Leash(Child);

impl Drop for Leash {
    fn drop(&mut self) {
        // Asked first: a grader that is killed leaves its services behind.
        for signal in [Signal::SIGTERM, Signal::SIGKILL] {
            let deadline = Instant::now() + Duration::from_secs(5);
            while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < deadline {
                kill(Pid::from_raw(self.0.id() as i32), signal).ok();
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// A grader at work.
pub(crate) struct Running {
    child: Leash,
    command: String,
    reports: TempDir,
    started: Instant,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.0.id() as i32), signal).unwrap();
    }

    /// Waits until it has said this; fails when it ends before.
    pub(crate) fn until_it_says(self, text: &str) -> Self {
        self.until_it_says_times(text, 1)
    }

    /// Waits until it has said this so many times; fails when it ends before.
    pub(crate) fn until_it_says_times(mut self, text: &str, times: usize) -> Self {
        while self.said("stderr").matches(text).count() < times {
            if self.child.0.try_wait().unwrap().is_some()
                || self.started.elapsed() > Duration::from_secs(60)
            {
                panic!("it never said {text:?}\n{}", self.end());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self
    }

    /// What it has said so far on `stdout` or `stderr`.
    pub(crate) fn said(&self, stream: &str) -> String {
        std::fs::read_to_string(self.reports.path().join(stream)).unwrap_or_default()
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.0.try_wait().unwrap().is_none()
    }

    /// Waits for its end, two minutes at most: none of these runs has more to do.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        let code = loop {
            match self.child.0.try_wait().unwrap() {
                Some(status) => break status.code(),
                None if self.started.elapsed() > Duration::from_secs(120) => {
                    let (out, err) = (self.said("stdout"), self.said("stderr"));
                    panic!("it does not end: {}\n{out}\n{err}", self.command);
                }
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        Ended {
            code,
            out: self.said("stdout"),
            err: self.said("stderr"),
            took: self.started.elapsed(),
            command: self.command,
            reports: self.reports,
        }
    }
}

/// The end of a grader and the most memory it was seen to hold, in KiB, besides the pages of its own program, of
/// which a build for tests has many; none where the kernel does not tell.
pub(crate) fn peak(mut grader: Running) -> (Ended, Option<u64>) {
    let status = format!("/proc/{}/status", grader.pid());
    let mut peak = None;
    while grader.runs() {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("RssAnon:"));
        let kib = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = kib.max(peak);
        std::thread::sleep(Duration::from_millis(10));
    }
    (grader.end(), peak)
}

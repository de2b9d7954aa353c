//! A small course, cheap to grade, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::grade::bench::Grader;
use crate::runtime::bench::{SERVICE, open_folder};

/// Submissions, and where results go; both go when this does.
pub(super) struct Course {
    place: TempDir,
}

/// A service that comes up, and one that does not.
pub(super) const WELL: &str = "import lib; lib.serve()";
pub(super) const ENDS: &str = "import sys; sys.exit('no')";

impl Course {
    /// A course without submissions.
    pub(super) fn new() -> Self {
        let course = Self {
            place: open_folder(),
        };
        std::fs::create_dir(course.path("in")).unwrap();
        course
    }

    /// Eight of every kind: two services that come up, one of them in an archive; three that do not, two of them alike;
    /// a folder that says nothing, an archive that is none, and one who handed in nothing.
    pub(super) fn of_eight() -> Self {
        let course = Self::new();
        course.folder("ada", WELL);
        course.folder("bob", ENDS);
        course.folder("cy", ENDS);
        course.folder("dan", "import sys; sys.exit('=1+1')");
        course.folder("Eve", WELL);
        let zipped = Command::new("tar")
            .args([
                "-C",
                &course.arg("in"),
                "-czf",
                &course.arg("in/fay.tar.gz"),
                "Eve",
            ])
            .status();
        assert!(zipped.unwrap().success());
        std::fs::remove_dir_all(course.path("in/Eve")).unwrap();
        std::fs::create_dir(course.path("in/gus")).unwrap();
        std::fs::write(course.path("in/hal.zip"), "PK").unwrap();
        std::fs::write(
            course.path("roster.csv"),
            "name,id\nada,x-3\nbob,x-1\nivy,x-2\n",
        )
        .unwrap();
        course
    }

    /// A submission whose `app.py` is this.
    pub(super) fn folder(&self, name: &str, app: &str) {
        let folder = self.path("in").join(name);
        std::fs::create_dir(&folder).unwrap();
        // The service's command line names the course, so that one that is left can be found.
        let start = format!("web: python3 app.py {}\n", self.arg(""));
        let files = [
            ("lib.py", SERVICE),
            ("app.py", app),
            ("Procfile", start.as_str()),
        ];
        for (file, text) in files {
            std::fs::write(folder.join(file), text).unwrap();
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub(super) fn arg(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// `grader batch` of the cheapest questions into this folder.
    pub(super) fn batch(&self, out: &str, args: &[&str]) -> Grader {
        let cheap = [
            "--project",
            "1-listings",
            "--stage",
            "boot",
            "--runtime",
            "local",
        ];
        Grader::new(["batch", &self.arg("in"), "--out", &self.arg(out)])
            .args(&cheap)
            .args(args)
    }

    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }
}

/// The living processes whose command line names this folder, with their command lines.
pub(super) fn at_work(folder: &Path) -> Vec<String> {
    let mut system = sysinfo::System::new();
    let what = sysinfo::ProcessRefreshKind::nothing().with_cmd(sysinfo::UpdateKind::Always);
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::All, true, what);
    let folder = folder.display().to_string();
    let zombie = |p: &sysinfo::Process| p.status() == sysinfo::ProcessStatus::Zombie;
    let living = system.processes().values().filter(|p| !zombie(p));
    let lines = living.map(|p| {
        let words = p.cmd().iter().map(|word| word.to_string_lossy());
        words.collect::<Vec<_>>().join(" ")
    });
    lines.filter(|line| line.contains(&folder)).collect()
}

//! A submission in a temporary folder, a cache of its own, and what to expect of them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use grader::model::WorldKind;
use grader::runtime::{BootStory, Choice, Options, Runtime, Trouble, World, WorldSpec};
use grader::submission::Submission;
use tempfile::TempDir;

/// A service in thirty lines: answers every GET with its variables; `HOST` and `OWN_PORT` bend where it listens.
pub(crate) const SERVICE: &str = r#"
import http.server, json, os, socket, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"pid": os.getpid(), "cwd": os.getcwd(), "uid": os.getuid(), "groups": os.getgroups(),
                           "env": dict(os.environ)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        print("asked", self.path, flush=True)

def serve(host="0.0.0.0", port=None):
    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
    print("listening", flush=True)
    Server((host, port or int(os.environ["PORT"])), Handler).serve_forever()
"#;

/// A submission and a cache; both go when this does.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) cache: TempDir,
}

impl Bench {
    /// A folder with these files. `lib.py` is [`SERVICE`].
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let bench = Self {
            folder: open_folder(),
            cache: open_folder(),
        };
        bench.write("lib.py", SERVICE);
        for (name, text) in files {
            bench.write(name, text);
        }
        bench
    }

    /// A service whose `app.py` is this, started by a Procfile.
    pub(crate) fn python(app: &str) -> Self {
        Self::new(&[("Procfile", "web: python3 app.py\n"), ("app.py", app)])
    }

    /// A service started by this command.
    pub(crate) fn web(command: &str) -> Self {
        Self::new(&[("Procfile", &format!("web: {command}\n"))])
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) async fn open(&self) -> Box<dyn Runtime> {
        let submission = Submission::open(self.folder.path()).unwrap();
        grader::runtime::open(Some(submission), self.options())
            .await
            .unwrap()
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            choice: Choice::Local,
            cache: Some(self.cache.path().to_owned()),
            ..Options::default()
        }
    }

    /// The story of a submission that does not come up; nothing of it is left after.
    pub(crate) async fn story(&self, spec: &WorldSpec) -> BootStory {
        let runtime = self.open().await;
        let raised = runtime.raise(spec).await;
        runtime.close().await.unwrap();
        self.nothing_runs();
        match raised {
            Err(Trouble::Story(story)) => *story,
            Err(other) => panic!("no story but {other:?}"),
            Ok(world) => panic!("it came up: {:?}", world.boots()),
        }
    }

    /// The folder of the one run's worlds.
    pub(crate) fn worlds(&self) -> PathBuf {
        self.try_worlds().unwrap()
    }

    /// As above, once there is one.
    pub(crate) fn try_worlds(&self) -> Option<PathBuf> {
        let runs = std::fs::read_dir(self.cache.path().join("runs")).ok()?;
        let mut worlds = runs.flatten().map(|run| run.path().join("worlds"));
        worlds.find(|worlds| worlds.is_dir())
    }

    /// How many places a folder of the cache holds.
    pub(crate) fn cached(&self, folder: &str) -> usize {
        let places = std::fs::read_dir(self.cache.path().join(folder));
        let places = places.into_iter().flatten().flatten();
        places.filter(|place| place.path().is_dir()).count()
    }

    /// No run folder and no process of a run is left.
    pub(crate) fn nothing_runs(&self) {
        let runs = std::fs::read_dir(self.cache.path().join("runs")).unwrap();
        let left: Vec<_> = runs
            .flatten()
            .filter(|e| e.path().is_dir())
            .map(|e| e.path())
            .collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        let working = processes_in(self.cache.path());
        assert!(working.is_empty(), "still running: {working:?}");
    }
}

/// A spec that gives up soon: what these services do, they do at once.
pub(crate) fn spec(within: f64) -> WorldSpec {
    WorldSpec {
        within: Duration::from_secs_f64(within),
        ..WorldSpec::new("main", WorldKind::Main)
    }
}

/// What the service says of itself.
pub(crate) async fn about(world: &World, replica: usize) -> serde_json::Value {
    let answer = reqwest::get(world.base_url(replica) + "/").await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// Processes that work below a folder.
pub(crate) fn processes_in(folder: &Path) -> Vec<u32> {
    let Ok(folder) = folder.canonicalize() else {
        return Vec::new();
    };
    let mut system = sysinfo::System::new();
    let what = sysinfo::ProcessRefreshKind::nothing()
        .with_cwd(sysinfo::UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::All, true, what);
    let there = |p: &&sysinfo::Process| p.cwd().is_some_and(|cwd| cwd.starts_with(&folder));
    system
        .processes()
        .values()
        .filter(there)
        .map(|p| p.pid().as_u32())
        .collect()
}

/// A temporary folder that every user can enter, as the folders of learners mostly are.
pub(crate) fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

//! A submission on disk, an engine, and a base image with a shell that no registry is needed for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use bollard::query_parameters::{CreateImageOptionsBuilder, RemoveImageOptionsBuilder};
use futures::TryStreamExt;
use tempfile::TempDir;

use super::*;

/// Programs of this machine that the base image holds.
const PROGRAMS: [&str; 9] = [
    "sh", "cat", "dd", "env", "id", "ls", "sleep", "stat", "test",
];

/// What a test of a build has. What it made on the engine goes with [`Bench::end`].
pub(super) struct Bench {
    pub(super) engine: Docker,
    /// An image with a shell, of this test alone.
    pub(super) base: String,
    pub(super) limits: Limits,
    folder: TempDir,
}

impl Bench {
    /// A bench; none where no engine for Linux answers.
    pub(super) async fn new() -> Option<Self> {
        let engine = Docker::connect_with_defaults().ok();
        let engine = match engine {
            Some(engine) => engine.negotiate_version().await.ok(),
            None => None,
        };
        let Some(engine) = engine else {
            eprintln!("not run: no engine answers");
            return None;
        };
        let base = format!("grader-test/shell:{}", uuid::Uuid::new_v4().simple());
        import(&engine, &base).await;
        Some(Self {
            engine,
            base,
            limits: Limits {
                build: Duration::from_secs(60),
                ..Limits::default()
            },
            folder: tempfile::tempdir().unwrap(),
        })
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// Writes a file of the submission; `BASE` in it is the base image's name.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.replace("BASE", &self.base)).unwrap();
    }

    pub(super) async fn build(&self) -> Result<Image, Trouble> {
        let submission = Submission::open(self.folder.path()).unwrap();
        let labels = HashMap::from([("grader.test".to_owned(), self.base.clone())]);
        build(&self.engine, &submission, &self.limits, &labels).await
    }

    /// The story of a build that fails.
    pub(super) async fn story(&self) -> crate::runtime::BootStory {
        match self.build().await {
            Err(Trouble::Story(story)) => *story,
            other => panic!("{other:?}"),
        }
    }

    /// The fault of a build that fails for no reason of the learner's.
    pub(super) async fn fault(&self) -> Fault {
        match self.build().await {
            Err(Trouble::Fault(fault)) => fault,
            other => panic!("{other:?}"),
        }
    }

    /// What a command prints in a container of the image.
    pub(super) fn prints(&self, image: &Image, command: &[&str]) -> String {
        let run = ["run", "--rm", "--network=none", &image.id];
        let output = Command::new("docker")
            .args(run)
            .args(command)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Removes the images.
    pub(super) async fn end(self) {
        let mine = shelf::whose(&self.path());
        let label = format!("{}={mine}", shelf::LABEL);
        let filters = HashMap::from([("label", vec![label.as_str()])]);
        let options = bollard::query_parameters::ListImagesOptionsBuilder::default()
            .filters(&filters)
            .build();
        let built = self.engine.list_images(Some(options)).await.unwrap();
        let built = built.into_iter().map(|image| image.id);
        for name in built.chain([self.base.clone()]) {
            let force = RemoveImageOptionsBuilder::default().force(true).build();
            self.engine
                .remove_image(&name, Some(force), None)
                .await
                .unwrap();
        }
    }
}

/// Imports an image made of this machine's own shell, a few programs and the libraries they load.
async fn import(engine: &Docker, name: &str) {
    let mut files = BTreeSet::new();
    let mut archive = tar::Builder::new(Vec::new());
    for program in PROGRAMS {
        // Not the shell's word for it: a shell may have the program built in.
        let places = ["/bin", "/usr/bin"].map(|folder| Path::new(folder).join(program));
        let found = places.into_iter().find(|place| place.is_file()).unwrap();
        archive
            .append_path_with_name(found.canonicalize().unwrap(), format!("bin/{program}"))
            .unwrap();
        let loads = Command::new("ldd").arg(&found).output().unwrap();
        let loads = String::from_utf8(loads.stdout).unwrap();
        let paths = loads
            .split_whitespace()
            .filter(|word| word.starts_with('/'));
        files.extend(paths.map(PathBuf::from));
    }
    for file in files {
        let name = file.strip_prefix("/").unwrap();
        archive
            .append_path_with_name(file.canonicalize().unwrap(), name)
            .unwrap();
    }
    let users = b"root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n";
    let mut header = tar::Header::new_gnu();
    header.set_size(users.len() as u64);
    header.set_mode(0o644);
    archive
        .append_data(&mut header, "etc/passwd", &users[..])
        .unwrap();
    // Of its own, so that no layer of another test's serves it.
    let mut header = tar::Header::new_gnu();
    header.set_size(name.len() as u64);
    header.set_mode(0o644);
    archive
        .append_data(&mut header, "etc/name", name.as_bytes())
        .unwrap();
    let archive = archive.into_inner().unwrap();
    let (repo, tag) = name.split_once(':').unwrap();
    let options = CreateImageOptionsBuilder::default()
        .from_src("-")
        .repo(repo)
        .tag(tag)
        .build();
    let body = bollard::body_full(archive.into());
    let imported = engine.create_image(Some(options), Some(body), None);
    imported.try_for_each(|_| async { Ok(()) }).await.unwrap();
}

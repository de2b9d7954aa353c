//! Folders that can and cannot be graded.

use std::os::unix::fs::symlink;
use std::path::Path;

use grader::submission::Submission;

use super::bench::{Bench, open_folder, spec};

fn problem(path: &Path) -> String {
    Submission::open(path).unwrap_err().to_string()
}

#[test]
fn each_bad_folder_gets_one_clear_message() {
    let folder = open_folder();
    let place = folder.path();
    assert!(problem(&place.join("nowhere")).starts_with("no such folder: "));
    assert_eq!(
        problem(Path::new("/dev/null")),
        "/dev/null is not a folder\n  try: name the folder that holds the service"
    );
    assert!(problem(place).contains("holds no files to grade"));
    std::fs::create_dir(place.join("empty")).unwrap();
    assert!(problem(place).contains("holds no files to grade"));
    std::fs::write(place.join("app.py"), "").unwrap();
    assert!(
        problem(place).contains("nothing in ") && problem(place).contains("try: add a Procfile")
    );
    assert!(problem(&place.join("app.py")).contains("perhaps "));
    assert!(problem(&place.join("emtpy")).contains("did you mean "));
    std::fs::write(place.join("empty/Procfile"), "web: ./run").unwrap();
    assert!(problem(place).contains("did you mean ") && problem(place).ends_with("empty?"));
    std::fs::write(place.join("hand-in.zip"), "").unwrap();
    assert!(problem(&place.join("hand-in.zip")).contains("unpack the archive"));
    std::fs::write(place.join("grader.toml"), "[start]\ncmd = 'x'\n").unwrap();
    assert!(problem(place).starts_with("grader.toml, line 2, column 1: unknown key `cmd`"));
}

#[test]
fn equal_content_has_equal_digests_whatever_tools_left_behind() {
    let files = [
        ("Procfile", "web: ./run"),
        ("Cargo.toml", ""),
        ("src/target/mod.rs", ""),
    ];
    let (one, two) = (Bench::new(&files), Bench::new(&files));
    for noise in [
        "target/release/x",
        "node_modules/a/index.js",
        ".venv/pyvenv.cfg",
        "env/pyvenv.cfg",
        "src/__pycache__/a.pyc",
    ] {
        two.write(noise, "noise");
    }
    let digest = |bench: &Bench| Submission::open(bench.folder.path()).unwrap().digest;
    assert_eq!(digest(&one), digest(&two));
    two.write("src/target/mod.rs", "code");
    assert_ne!(
        digest(&one),
        digest(&two),
        "a source folder may be called target"
    );
}

#[tokio::test]
async fn a_symlink_out_of_the_folder_is_not_followed() {
    let secret = open_folder();
    std::fs::write(secret.path().join("secret"), "x").unwrap();
    let app = "import lib, os\nassert not os.path.lexists('out') and not os.path.lexists('chain')\n\
               assert open('in').read() and open('sub/up').read()\nlib.serve()";
    let bench = Bench::python(app);
    bench.write("sub/file", "");
    let here = bench.folder.path();
    symlink(secret.path().join("secret"), here.join("out")).unwrap();
    symlink("out", here.join("chain")).unwrap();
    symlink("app.py", here.join("in")).unwrap();
    symlink("../app.py", here.join("sub/up")).unwrap();
    let submission = Submission::open(here).unwrap();
    assert_eq!(
        submission.tree.outside,
        [Path::new("chain"), Path::new("out")]
    );
    let runtime = bench.open().await;
    runtime.raise(&spec(20.0)).await.unwrap();
    runtime.close().await.unwrap();
    bench.write("app.py", "import gone");
    let story = bench.story(&spec(20.0)).await;
    assert!(
        story
            .try_next
            .last()
            .unwrap()
            .ends_with("are not copied: `chain`, `out`"),
        "{:?}",
        story.try_next
    );
}

#[tokio::test]
async fn a_dockerfile_alone_is_refused_without_docker() {
    let bench = Bench::new(&[("Dockerfile", "FROM scratch\n")]);
    let submission = Submission::open(bench.folder.path()).unwrap();
    let Err(refusal) = grader::runtime::open(Some(submission), bench.options()).await else {
        panic!("opened")
    };
    assert!(
        refusal
            .to_string()
            .contains("add a Procfile with a `web:` line"),
        "{refusal}"
    );
}

#[test]
fn the_commit_is_read_from_gits_own_files() {
    let bench = Bench::web("./run");
    let hash = "0123456789abcdef0123456789abcdef01234567";
    bench.write(".git/HEAD", "ref: refs/heads/main\n");
    let commit = || Submission::open(bench.folder.path()).unwrap().commit;
    assert_eq!(commit(), None, "before the first commit");
    bench.write(
        ".git/packed-refs",
        &format!("# pack-refs\n{hash} refs/heads/main\n"),
    );
    assert_eq!(commit().as_deref(), Some(hash));
    bench.write(
        ".git/refs/heads/main",
        &format!("{}\n", hash.replace('0', "f")),
    );
    assert_eq!(commit(), Some(hash.replace('0', "f")));
}

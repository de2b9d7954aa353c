//! Submissions kept apart under root: what one writes, no other's build reads.

use grader::submission::Submission;

use super::bench::{Bench, spec};

/// Leaves a mark in every package cache, and says which marks it found.
const MARKS: &str = "[build]\ncommand = '''\nfor cache in $PIP_CACHE_DIR $npm_config_cache $GOPATH $GOCACHE $CARGO_HOME; do\n\
                     cat $cache/mark >> found; echo SELF >> $cache/mark\ndone; echo end >> found'''\n";

#[tokio::test]
async fn what_one_submission_leaves_in_a_package_cache_reaches_no_other() {
    if !is_root() {
        return;
    }
    let app = "import lib\nprint('found', repr(open('found').read()), flush=True)\nlib.serve()";
    let (one, two) = (Bench::python(app), Bench::python(app));
    for (bench, edit, found) in [
        (&one, "first", "found 'end\\n'"),
        (&two, "first", "found 'end\\n'"),
        (
            &one,
            "again",
            "found 'one\\none\\none\\none\\none\\nend\\n'",
        ),
    ] {
        let name = if std::ptr::eq(bench, &one) {
            "one"
        } else {
            "two"
        };
        bench.write("grader.toml", &MARKS.replace("SELF", name));
        bench.write("notes.txt", edit);
        let submission = Submission::open(bench.folder.path()).unwrap();
        let runtime = grader::runtime::open(Some(submission), one.options())
            .await
            .unwrap();
        let world = runtime.raise(&spec(20.0)).await.unwrap();
        let said = world.log_tail(20);
        assert!(said.iter().any(|line| line == found), "{edit}: {said:?}");
        runtime.close().await.unwrap();
    }
    one.nothing_runs();
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

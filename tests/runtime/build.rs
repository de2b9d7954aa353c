//! Builds: once by content, told when they fail, never in the learner's folder.

use grader::runtime::{Exited, Phase, Trouble};

use super::bench::{Bench, spec};

const BUILD: &str = "[build]\ncommand = 'echo built >> made.txt && cp made.txt $HOME/'\n";

#[tokio::test]
async fn the_same_folder_is_built_once_and_an_edit_builds_again() {
    let app = "import lib\nassert open('made.txt').read() == 'built\\n'\nlib.serve()";
    let bench = Bench::python(app);
    bench.write("grader.toml", BUILD);
    for expected in [false, true] {
        let runtime = bench.open().await;
        let built = runtime.build().await.unwrap();
        assert_eq!(built.cached, expected);
        assert_eq!(built.from.as_deref(), Some("grader.toml"));
        runtime.raise(&spec(20.0)).await.unwrap();
        runtime.close().await.unwrap();
    }
    assert!(
        !bench.folder.path().join("made.txt").exists(),
        "never in the learner's folder"
    );
    bench.write("notes.txt", "an edit");
    let runtime = bench.open().await;
    assert!(!runtime.build().await.unwrap().cached);
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

#[tokio::test]
async fn what_a_service_writes_reaches_no_later_run() {
    let bench = Bench::python(
        "import lib, os\nassert not os.path.exists('mine')\nopen('mine', 'w').write('x')\nlib.serve()",
    );
    for _ in 0..2 {
        let runtime = bench.open().await;
        runtime.raise(&spec(20.0)).await.unwrap();
        runtime.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_build_that_fails_is_told_and_tried_again_the_next_time() {
    let bench = Bench::python("import lib; lib.serve()");
    bench.write(
        "grader.toml",
        "[build]\ncommand = 'echo compiling; echo oh no >&2; exit 4'\n",
    );
    for _ in 0..2 {
        let runtime = bench.open().await;
        let Err(Trouble::Story(story)) = runtime.build().await else {
            panic!("no story")
        };
        assert_eq!(
            (story.phase, story.exit),
            (Phase::Build, Some(Exited::Code(4)))
        );
        assert_eq!(story.summary, "the build failed (exit code 4)");
        assert_eq!(story.log_tail.len(), 2);
        runtime.close().await.unwrap();
        bench.nothing_runs();
    }
}

#[tokio::test]
async fn a_registry_out_of_reach_and_a_full_disk_are_nobodys_failure() {
    for (line, cure) in [
        ("npm error code ENOTFOUND", "network"),
        ("write: No space left on device", "space"),
    ] {
        let bench = Bench::python("import lib; lib.serve()");
        let build = format!("[build]\ncommand = 'echo {line}; exit 1'\n");
        bench.write("grader.toml", &build);
        let runtime = bench.open().await;
        let Err(Trouble::Fault(fault)) = runtime.build().await else {
            panic!("no fault")
        };
        assert!(fault.to_string().contains(line), "{fault}");
        assert!(fault.cure.is_some_and(|words| words.contains(cure)));
        runtime.close().await.unwrap();
        bench.nothing_runs();
        // The same words of a build that succeeds mean nothing.
        bench.write("grader.toml", &build.replace("exit 1", "exit 0"));
        let runtime = bench.open().await;
        runtime.build().await.unwrap();
        runtime.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_build_that_never_ends_is_ended() {
    let bench = Bench::python("import lib; lib.serve()");
    bench.write(
        "grader.toml",
        "[build]\ncommand = 'sleep 1000 & sleep 1000'\n",
    );
    let submission = grader::submission::Submission::open(bench.folder.path()).unwrap();
    let mut options = bench.options();
    options.limits.build = std::time::Duration::from_millis(300);
    let runtime = grader::runtime::open(Some(submission), options)
        .await
        .unwrap();
    let Err(Trouble::Story(story)) = runtime.build().await else {
        panic!("no story")
    };
    assert_eq!(story.summary, "the build command did not end in time");
    runtime.close().await.unwrap();
    bench.nothing_runs();
}

#[tokio::test]
async fn a_virtual_environment_is_made_for_requirements() {
    let bench = Bench::new(&[
        ("Procfile", "web: python app.py\n"),
        ("requirements.txt", "# nothing\n"),
        (
            "app.py",
            "import lib, sys\nassert sys.prefix != sys.base_prefix, sys.prefix\nlib.serve()",
        ),
    ]);
    let runtime = bench.open().await;
    let built = runtime.build().await;
    let built = built.unwrap();
    assert_eq!(built.from.as_deref(), Some("requirements.txt"));
    runtime.raise(&spec(20.0)).await.unwrap();
    runtime.close().await.unwrap();
}

#[tokio::test]
async fn an_edit_of_the_service_leaves_its_virtual_environment_as_it_is() {
    let app = "import lib, os\nlib.serve()\n# ";
    let bench = Bench::new(&[
        ("Procfile", "web: python app.py\n"),
        ("requirements.txt", "# nothing\n"),
        ("app.py", app),
    ]);
    let mut made = Vec::new();
    for (list, text) in [
        ("# nothing\n", "one"),
        ("# nothing\n", "two"),
        ("# nothing else\n", "two"),
    ] {
        bench.write("requirements.txt", list);
        bench.write("app.py", &format!("{app}{text}"));
        let runtime = bench.open().await;
        assert!(!runtime.build().await.unwrap().cached, "{text}");
        made.push(bench.cached("environments"));
        runtime.raise(&spec(20.0)).await.unwrap();
        runtime.close().await.unwrap();
    }
    assert_eq!(made, [1, 1, 2]);
}

#[tokio::test]
async fn a_list_that_names_files_is_installed_beside_them() {
    let bench = Bench::new(&[
        ("Procfile", "web: python app.py\n"),
        ("requirements.txt", "-r more.txt\n"),
        ("more.txt", "# nothing\n"),
        (
            "app.py",
            "import lib, sys\nassert sys.prefix != sys.base_prefix, sys.prefix\nlib.serve()",
        ),
    ]);
    let runtime = bench.open().await;
    runtime.build().await.unwrap();
    assert_eq!(bench.cached("environments"), 0);
    runtime.raise(&spec(20.0)).await.unwrap();
    runtime.close().await.unwrap();
}

#[tokio::test]
async fn a_rust_service_is_built_with_a_toolchain_its_builder_can_reach() {
    let main = r#"
        use std::io::{Read, Write};
        fn main() {
            let port: u16 = std::env::var("PORT").unwrap().parse().unwrap();
            for stream in std::net::TcpListener::bind(("0.0.0.0", port)).unwrap().incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            }
        }"#;
    let bench = Bench::new(&[
        ("Procfile", "web: ./target/release/tiny\n"),
        (
            "Cargo.toml",
            "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
        ),
        ("src/main.rs", main),
    ]);
    for text in [
        main.to_owned(),
        main.replace("200 OK", "204 No Content")
            .replace("Length: 2", "Length: 0")
            .replace("\\r\\nok", "\\r\\n"),
    ] {
        bench.write("src/main.rs", &text);
        let runtime = bench.open().await;
        let world = runtime.raise(&spec(20.0)).await;
        let world = world.unwrap();
        let status = reqwest::get(world.base_url(0) + "/")
            .await
            .unwrap()
            .status();
        assert_eq!(
            status.as_u16(),
            if text.contains("204") { 204 } else { 200 },
            "the last edit is what runs"
        );
        runtime.close().await.unwrap();
    }
    bench.nothing_runs();
}

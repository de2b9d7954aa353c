//! Builds that fail: whose doing it is, and what is told.

use super::*;

#[tokio::test]
async fn a_command_that_fails_is_told_with_its_last_lines() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    bench.write(
        "Dockerfile",
        "FROM BASE\nRUN echo fine\nRUN echo oh && echo no && exit 3\n",
    );
    let story = bench.story().await;
    assert_eq!(story.summary, "the build failed (exit code 3)");
    assert_eq!(story.exit, Some(Exited::Code(3)));
    assert_eq!(story.command, "RUN echo oh && echo no && exit 3");
    assert_eq!(
        story.log_tail.get(1..),
        Some(&["oh".to_owned(), "no".to_owned()][..]),
        "{story:?}"
    );
    assert!(story.log_tail[0].contains("3/3"), "{story:?}");
    bench.end().await;
}

#[tokio::test]
async fn a_file_that_is_not_sent_is_named() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    bench.write("app.py", "");
    bench.write(".dockerignore", "left-out");
    bench.write("left-out", "");
    for missing in ["missing.txt", "left-out", "folder/"] {
        bench.write(
            "Dockerfile",
            &format!("FROM BASE\nCOPY app.py {missing} /app/\n"),
        );
        let story = bench.story().await;
        assert_eq!(
            story.summary, "the Dockerfile copies what is not in the folder",
            "{missing}: {story:?}"
        );
        assert!(
            story.try_next[0].contains(&format!("`{missing}`")),
            "{story:?}"
        );
    }
    bench.end().await;
}

#[tokio::test]
async fn a_dockerfile_nobody_can_read_is_told() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    let unreadable = [
        "FORM BASE\n",
        "",
        "# nothing\n",
        "RUN ls\n",
        "FROM BASE\nCOPY one\n",
        "FROM BASE AS\n",
        "FROM BASE\nEXPOSE abc\n",
        "FROM BASE\nSTOPSIGNAL what\n",
    ];
    for text in unreadable {
        bench.write("Dockerfile", text);
        let story = bench.story().await;
        assert_eq!(
            story.summary, "the Dockerfile cannot be read",
            "{text:?}: {story:?}"
        );
        assert_eq!(story.phase, Phase::Build);
    }
    bench.end().await;
}

#[tokio::test]
async fn an_image_out_of_reach_is_no_fault_of_the_learner() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    // Nothing listens there.
    bench.write("Dockerfile", "FROM localhost:1/no/such:1\n");
    let fault = bench.fault().await;
    assert!(fault.doing.contains("localhost:1/no/such:1"), "{fault}");
    assert!(fault.cure.unwrap().contains("ci/base-images"));
    bench.write(
        "Dockerfile",
        "FROM BASE\nCOPY --from=localhost:1/no/such:1 /x /x\n",
    );
    assert!(bench.fault().await.doing.contains("localhost:1/no/such:1"));
    bench.end().await;
}

#[tokio::test]
async fn another_platform_is_no_fault_of_the_learner() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    let platform = Platform::of(&bench.engine).await.unwrap();
    let other = if platform.name == "linux/arm64" {
        "linux/amd64"
    } else {
        "linux/arm64"
    };
    bench.write("Dockerfile", &format!("FROM --platform={other} BASE\n"));
    let fault = bench.fault().await;
    assert!(
        fault.cause.contains(other) && fault.cause.contains(&platform.name),
        "{fault}"
    );
    bench.end().await;
}

#[tokio::test]
async fn a_network_out_of_reach_is_no_fault_of_the_learner() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    bench.write(
        "Dockerfile",
        "FROM BASE\nRUN echo 'npm error code EAI_AGAIN' && exit 1\n",
    );
    assert!(bench.fault().await.cause.contains("could not be reached"));
    bench.end().await;
}

#[tokio::test]
async fn the_engines_own_reader_reads_where_the_one_asked_for_is_not_there() {
    let Some(bench) = Bench::new().await else {
        return;
    };
    bench.write(
        "Dockerfile",
        "# syntax=localhost:1/dockerfile:1\nFROM BASE\nRUN echo read\n",
    );
    assert!(
        bench
            .build()
            .await
            .unwrap()
            .built
            .log_tail
            .contains(&"read".to_owned())
    );
    bench.end().await;
}

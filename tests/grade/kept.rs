//! A service that already runs, here one that another grader keeps up: what is refused, and what is graded.

use nix::sys::signal::Signal::SIGINT;

use super::bench::{Grader, Running, reference};
use super::ended::Ended;
use super::service::{arg, impatient};

/// The reference, kept up by a grader, and where it and its database answer.
struct Kept {
    grader: Running,
    service: String,
    database: String,
}

impl Kept {
    fn start() -> Self {
        let grader =
            Grader::grade(&reference(), &["--only", "boot.never-answers", "--keep"]).start();
        let grader = grader.until_it_says("kept: press Ctrl-C");
        let said = grader.said("stderr");
        let after = |text: &str| {
            said.lines()
                .find_map(|l| l.strip_prefix(text))
                .unwrap()
                .to_owned()
        };
        let service = after("kept: the service answers at ");
        let database = after("kept: its database is ");
        Self {
            grader,
            service,
            database,
        }
    }

    /// Ctrl-C, and the report of the run that raised it.
    fn end(self) -> Ended {
        self.grader.signal(SIGINT);
        self.grader.end()
    }
}

/// `grader grade --project 1-listings …`, without a folder.
fn attached(args: &[&str]) -> Grader {
    Grader::grade("nowhere".as_ref(), &["--project", "1-listings"]).args(args)
}

#[test]
fn a_kept_service_is_graded_where_it_runs() {
    let kept = Kept::start();
    let with_database = ["--url", &kept.service, "--database-url", &kept.database];
    let ended = attached(&with_database).run().exits(0);
    let ended = ended.says(&[
        "runtime attach: a service that already runs, and its database",
        "gate tier 1, It answers: open; not judged here: endpoints.data-lost-on-restart",
    ]);
    assert!(
        ended.verdicts().contains("boot.data-elsewhere: pass"),
        "{ended}"
    );
    // Now it holds what the first run made.
    let refused = attached(&with_database).run();
    refused
        .refuses(&["--database-url: the database is not empty", "--allow-data"])
        .never_says(&[&kept.database]);
    let ended = attached(&with_database)
        .args(&["--allow-data"])
        .run()
        .exits(0);
    assert!(
        ended.verdicts().contains("boot.data-elsewhere: pass"),
        "{ended}"
    );
    let alone = attached(&["--url", &kept.service]).run().exits(0);
    let alone = alone.says(&[
        "only what shows from outside is graded",
        "no database was given to look into",
    ]);
    assert!(
        alone.verdicts().contains("boot.data-elsewhere: skipped"),
        "{alone}"
    );
    assert!(
        alone.verdicts().contains("endpoints.created-differs: pass"),
        "{alone}"
    );
    kept.end()
        .exits(0)
        .says(&["gate tier 1, It answers: not settled"]);
}

#[test]
fn addresses_that_are_not_asked() {
    attached(&["--url", "http://192.0.2.1:8080"])
        .run()
        .refuses(&["192.0.2.1 is not this machine", "--i-own-this"]);
    attached(&["--url", "127.0.0.1:8080"])
        .run()
        .refuses(&["write it as http://127.0.0.1:8080"]);
    attached(&["--runtime", "attach"])
        .run()
        .refuses(&["--runtime attach needs the service's address", "--url"]);
    let far = "postgres://me:secret@192.0.2.1/mine";
    let far = attached(&["--url", "http://127.0.0.1:1", "--database-url", far]).run();
    far.refuses(&["192.0.2.1 is not this machine", "--i-own-this"])
        .never_says(&["secret"]);
    attached(&["--database-url", "postgres://a@127.0.0.1/b"])
        .run()
        .exits(2)
        .says(&["--url <URL>"]);
}

#[test]
fn nobody_at_the_address() {
    let packs = impatient(1);
    let ended = attached(&["--url", "http://127.0.0.1:1", "--packs", arg(&packs)]).run();
    ended.fails_alone(
        "boot.never-answers",
        &[
            "nobody listens at the address of --url",
            "start the service, then the grader",
        ],
    );
}

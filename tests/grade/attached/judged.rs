//! What can be judged of a service that somebody else has started, is judged the same.

use super::super::ended::Ended;
use super::{Theirs, proxy};

/// The checks that need what attaching cannot give, and what they say.
const SKIPPED: [(&str, &str); 3] = [
    ("boot.build-fails", "attach"),
    ("boot.port-ignored", "attach"),
    ("endpoints.data-lost-on-restart", "attach"),
];

/// All is well, and what could not be asked says why.
#[track_caller]
fn all_well(ended: Ended, more: &[(&str, &str)]) -> Ended {
    let ended = ended.exits(0);
    let report = ended.report();
    for check in report["checks"].as_array().unwrap() {
        let (id, verdict) = (
            check["id"].as_str().unwrap(),
            check["verdict"].as_str().unwrap(),
        );
        let skip = SKIPPED.iter().chain(more).find(|(known, _)| *known == id);
        match skip {
            Some((_, why)) => {
                let said = check["why"].as_str().unwrap_or_default();
                assert!(
                    verdict == "skipped" && said.contains(why),
                    "{id}: {said}\n{ended}"
                );
            }
            None => assert!(verdict == "pass" || verdict == "skipped", "{id}\n{ended}"),
        }
    }
    for id in [
        "operation-missing",
        "created-differs",
        "deleted-still-there",
        "reply-breaks-schema",
    ] {
        let line = format!("endpoints.{id}: pass");
        assert!(ended.verdicts().contains(&line), "{line}\n{ended}");
    }
    ended
}

#[tokio::test]
async fn a_reference_with_its_database_and_without() {
    let theirs = Theirs::listings().await;
    let database = ["--database-url", theirs.database()];
    let whole = theirs.attach(&theirs.url(), &database).await;
    all_well(whole, &[]);
    // The first run has left rows behind: that is said, and may be allowed.
    let again = theirs.attach(&theirs.url(), &database).await;
    again.refuses(&["the database is not empty", "--allow-data"]);
    let outside = theirs.attach(&format!("{}/", theirs.url()), &[]).await;
    all_well(outside, &[("boot.data-elsewhere", "")]);
    theirs.stop().await;
}

#[tokio::test]
async fn a_service_behind_a_prefix_and_a_base_path() {
    let theirs = Theirs::boathouse().await;
    let url = proxy::below("/club", &theirs.url()).await;
    let bare = theirs.attach(&theirs.url(), &[]).await;
    let bare = all_well(bare, &[("boot.data-elsewhere", "")]);
    let behind = theirs.attach(&format!("{url}/"), &[]).await;
    let behind = all_well(behind, &[("boot.data-elsewhere", "")]);
    assert_eq!(bare.verdicts(), behind.verdicts());
    theirs.stop().await;
}

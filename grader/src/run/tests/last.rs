//! Checks that look back on the others.

use super::*;

/// Fails where what comes after it in the list has failed already.
mod looking_back {
    use super::*;
    use crate::check::HindsightCx;
    crate::check! {
        /// A check of the tests.
        pub static CHECK = {
            id: "endpoints.looking-back",
            summary: "a check of the tests",
            concept: "none",
            severity: Low,
            needs: [],
            world: Fresh,
            alone: Last,
            runtimes: ALL,
            refs: [],
            hints: ["none"],
            run,
        }
    }
    async fn run(cx: &mut HindsightCx) -> Result<Verdict, Fault> {
        cx.explains(["endpoints.hanging".to_owned(), "endpoints.good".to_owned()]);
        match cx.past().failed.contains("endpoints.bad") {
            true => super::super::fails().await,
            false => super::super::passes().await,
        }
    }
}

#[tokio::test]
async fn who_looks_back_is_asked_last_and_explains_what_stayed_open() {
    let settings = Settings {
        check_limit: Duration::from_millis(100),
        ..Settings::default()
    };
    let checks = [
        &looking_back::CHECK,
        &good::CHECK,
        &hanging::CHECK,
        &bad::CHECK,
    ];
    let (run, _) = run_of(&checks, None, settings).await;
    let seen = verdict(&run, "endpoints.looking-back");
    assert!(matches!(seen, Verdict::Fail { .. }), "{seen:?}");
    let by = vec![CheckId::from("endpoints.looking-back")];
    assert_eq!(*verdict(&run, "endpoints.hanging"), Verdict::Blocked { by });
    assert!(verdict(&run, "endpoints.good").passed());
}

#[test]
fn who_looks_back_brings_what_it_looks_back_on() {
    let checks = [&looking_back::CHECK, &good::CHECK, &bad::CHECK];
    let ids = |only: &[&str]| {
        let only = only.iter().map(|id| CheckId::from(*id)).collect();
        let selection = Selection { only, stage: None };
        let planned = plan(&checks, &[Stage::Endpoints], &selection, RuntimeKind::Local);
        planned.iter().map(|p| p.check.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["endpoints.looking-back"]).len(), 3);
    let two = ["endpoints.looking-back", "endpoints.bad"];
    assert_eq!(ids(&two), two);
}

//! The conductor with checks and a runtime of the test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Run, Selection, Settings, conduct, plan};
use crate::check::Check;
use crate::model::{CheckId, Event, Fault, Record, RuntimeKind, Stage, Verdict};
use crate::pack::{Pack, PackSource};
use crate::runtime::{BootStory, Phase};

mod fake;
mod last;

use fake::Fake;

/// How many shared checks are at work in the one test that counts them.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

macro_rules! fake {
    ($module:ident, $id:literal, [$($need:path),*] $(after [$($after:path),*])?, $alone:ident, $cx:ident, $body:expr) => {
        mod $module {
            use super::*;
            use crate::check::$cx;
            crate::check! {
                /// A check of the tests.
                pub static CHECK = {
                    id: $id,
                    summary: "a check of the tests",
                    concept: "none",
                    severity: Low,
                    needs: [$($need),*],
                    $(after: [$($after),*],)?
                    world: Main,
                    alone: $alone,
                    runtimes: ALL,
                    refs: [],
                    hints: ["none"],
                    run,
                }
            }
            async fn run(cx: &mut $cx) -> Result<Verdict, Fault> {
                let _ = &cx;
                $body.await
            }
        }
    };
}

async fn passes() -> Result<Verdict, Fault> {
    Ok(Verdict::Pass { advice: Vec::new() })
}

/// Company for the quiet check: at work over many turns of the scheduler.
async fn works() -> Result<Verdict, Fault> {
    AT_WORK.fetch_add(1, Ordering::SeqCst);
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    AT_WORK.fetch_sub(1, Ordering::SeqCst);
    passes().await
}

async fn works_badly() -> Result<Verdict, Fault> {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    fails().await
}

async fn fails() -> Result<Verdict, Fault> {
    Ok(Verdict::Fail {
        findings: Vec::new(),
    })
}

async fn panics() -> Result<Verdict, Fault> {
    panic!("a bug in a check")
}

async fn faults() -> Result<Verdict, Fault> {
    Err(Fault::new("testing", "on purpose"))
}

async fn hangs() -> Result<Verdict, Fault> {
    std::future::pending().await
}

async fn alone() -> Result<Verdict, Fault> {
    let company = AT_WORK.load(Ordering::SeqCst);
    match company {
        0 => Ok(Verdict::Pass { advice: Vec::new() }),
        _ => Ok(Verdict::Inconclusive {
            control: format!("{company} others were at work"),
        }),
    }
}

fake!(good, "endpoints.good", [], Shared, Cx, super::passes());
fake!(working, "endpoints.working", [], Shared, Cx, super::works());
fake!(
    also_working,
    "endpoints.also-working",
    [],
    Shared,
    Cx,
    super::works()
);
fake!(bad, "endpoints.bad", [], Shared, Cx, super::fails());
fake!(
    after_bad,
    "endpoints.after-bad",
    [super::bad::CHECK],
    Shared,
    Cx,
    super::passes()
);
fake!(
    far_after,
    "endpoints.far-after",
    [super::after_bad::CHECK],
    Shared,
    Cx,
    super::passes()
);
fake!(
    working_badly,
    "endpoints.working-badly",
    [],
    Shared,
    Cx,
    super::works_badly()
);
fake!(
    follows,
    "endpoints.follows",
    [] after [super::working_badly::CHECK],
    Shared,
    Cx,
    super::passes()
);
fake!(
    panicking,
    "endpoints.panicking",
    [],
    Shared,
    Cx,
    super::panics()
);
fake!(faulty, "endpoints.faulty", [], Shared, Cx, super::faults());
fake!(hanging, "endpoints.hanging", [], Shared, Cx, super::hangs());
fake!(quiet, "endpoints.quiet", [], Quiet, QuietCx, super::alone());
fake!(
    breaking,
    "endpoints.breaking",
    [super::bad::CHECK],
    Breaks,
    BreaksCx,
    super::passes()
);

async fn run_of(
    checks: &[&'static Check],
    story: Option<BootStory>,
    settings: Settings,
) -> (Run, Vec<Event>) {
    let fake = Fake {
        story,
        ..Fake::default()
    };
    run_on(fake, checks, settings).await
}

async fn run_on(fake: Fake, checks: &[&'static Check], settings: Settings) -> (Run, Vec<Event>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/projects/1-listings");
    let pack = Arc::new(Pack::load(&PackSource::folder(folder), None).unwrap());
    let (events, mut seen) = mpsc::unbounded_channel();
    let run = conduct(pack, Arc::new(fake), checks, settings, events).await;
    let mut told = Vec::new();
    while let Some(event) = seen.recv().await {
        told.push(event);
    }
    (run, told)
}

fn verdict<'r>(run: &'r Run, id: &str) -> &'r Verdict {
    let record: &Record = run.records.iter().find(|r| r.id.as_str() == id).unwrap();
    &record.verdict
}

#[tokio::test]
async fn a_panic_and_a_fault_end_their_check_and_nothing_else() {
    let checks = [&panicking::CHECK, &faulty::CHECK, &good::CHECK];
    let (run, events) = run_of(&checks, None, Settings::default()).await;
    let Verdict::Broken { fault } = verdict(&run, "endpoints.panicking") else {
        panic!("broken")
    };
    assert!(fault.contains("a bug in a check"), "{fault}");
    let Verdict::Broken { fault } = verdict(&run, "endpoints.faulty") else {
        panic!("broken")
    };
    assert!(fault.contains("while testing: on purpose"), "{fault}");
    assert!(verdict(&run, "endpoints.good").passed());
    assert_eq!(events.last(), Some(&Event::Done));
}

#[tokio::test]
async fn whoever_looks_on_hears_of_each_check_before_it_ends() {
    let checks = [
        &good::CHECK,
        &bad::CHECK,
        &after_bad::CHECK,
        &panicking::CHECK,
    ];
    let (_, events) = run_of(&checks, None, Settings::default()).await;
    for check in checks {
        let id = CheckId::from(check.id);
        let started = events
            .iter()
            .position(|e| *e == Event::Started { id: id.clone() });
        let ended = |e: &Event| matches!(e, Event::Ended { record } if record.id == id);
        let ended = events.iter().position(ended);
        // What is blocked is never asked.
        match check.id {
            "endpoints.after-bad" => assert_eq!(started, None),
            _ => assert!(started.is_some() && started < ended, "{id}: {events:?}"),
        }
    }
}

#[tokio::test]
async fn what_fails_on_ground_that_gave_way_is_our_fault() {
    let fake = || Fake {
        gives_way: true,
        ..Fake::default()
    };
    let checks = [&bad::CHECK, &good::CHECK];
    let (run, _) = run_on(fake(), &checks, Settings::default()).await;
    let fault = "it is full".to_owned();
    assert_eq!(*verdict(&run, "endpoints.bad"), Verdict::Broken { fault });
    assert!(verdict(&run, "endpoints.good").passed());
    assert_eq!(run.faults.len(), 1);
    let (run, _) = run_on(fake(), &[&good::CHECK], Settings::default()).await;
    assert!(run.faults.is_empty(), "what passed needs no excuse");
}

#[tokio::test]
async fn a_failure_blocks_what_stands_on_it_step_by_step() {
    let checks = [
        &bad::CHECK,
        &after_bad::CHECK,
        &far_after::CHECK,
        &breaking::CHECK,
    ];
    let (run, _) = run_of(&checks, None, Settings::default()).await;
    let by = |id: &str| vec![CheckId::from(id)];
    let blocked = |id: &str| Verdict::Blocked { by: by(id) };
    assert_eq!(
        *verdict(&run, "endpoints.after-bad"),
        blocked("endpoints.bad")
    );
    assert_eq!(
        *verdict(&run, "endpoints.far-after"),
        blocked("endpoints.after-bad")
    );
    assert_eq!(
        *verdict(&run, "endpoints.breaking"),
        blocked("endpoints.bad")
    );
    let order: Vec<_> = run.records.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(
        order,
        checks.map(|c| c.id),
        "records keep the order of the checks"
    );
}

#[tokio::test]
async fn what_comes_after_a_check_waits_for_its_end_and_not_for_its_success() {
    let checks = [&working_badly::CHECK, &follows::CHECK];
    let (run, told) = run_of(&checks, None, Settings::default()).await;
    assert!(matches!(
        verdict(&run, "endpoints.follows"),
        Verdict::Pass { .. }
    ));
    let ends = |e: &Event| matches!(e, Event::Ended { record } if record.id.as_str() == "endpoints.working-badly");
    let starts =
        |e: &Event| matches!(e, Event::Started { id } if id.as_str() == "endpoints.follows");
    let (ended, started) = (told.iter().position(ends), told.iter().position(starts));
    assert!(ended.unwrap() < started.unwrap());
    // Asked for without the other, it waits for nobody.
    let (run, _) = run_of(&[&follows::CHECK], None, Settings::default()).await;
    assert_eq!(run.records.len(), 1);
}

#[tokio::test]
async fn a_check_that_does_not_end_is_inconclusive_and_the_run_ends() {
    let settings = Settings {
        check_limit: Duration::from_millis(100),
        ..Settings::default()
    };
    let (run, _) = run_of(&[&hanging::CHECK, &good::CHECK], None, settings).await;
    assert!(matches!(
        verdict(&run, "endpoints.hanging"),
        Verdict::Inconclusive { .. }
    ));
    assert!(verdict(&run, "endpoints.good").passed());
    let settings = Settings {
        run_limit: Duration::from_millis(100),
        ..Settings::default()
    };
    let (run, _) = run_of(&[&hanging::CHECK], None, settings).await;
    let Verdict::Inconclusive { control } = verdict(&run, "endpoints.hanging") else {
        panic!("open")
    };
    assert!(control.starts_with("the run did not end"), "{control}");
}

#[tokio::test]
async fn a_quiet_check_meets_nobody() {
    let checks = [&working::CHECK, &quiet::CHECK, &also_working::CHECK];
    let (run, _) = run_of(&checks, None, Settings::default()).await;
    for check in checks {
        assert!(
            verdict(&run, check.id).passed(),
            "{:?}",
            verdict(&run, check.id)
        );
    }
}

#[tokio::test]
async fn checks_wait_for_the_boot_story_of_a_service_that_does_not_come_up() {
    let story = BootStory {
        phase: Phase::Start,
        summary: "it ended".into(),
        waited_for: "GET /healthz".into(),
        command: "./start".into(),
        exit: None,
        last_answer: None,
        log_tail: Vec::new(),
        try_next: vec!["look".into()],
        listens: Vec::new(),
        seconds: 0.1,
    };
    let (run, _) = run_of(&[&good::CHECK], Some(story), Settings::default()).await;
    let by = vec![CheckId::from("boot.never-answers")];
    assert_eq!(*verdict(&run, "endpoints.good"), Verdict::Blocked { by });
}

#[test]
fn a_selection_brings_what_it_stands_on_and_nothing_more() {
    let checks = [
        &bad::CHECK,
        &after_bad::CHECK,
        &far_after::CHECK,
        &good::CHECK,
    ];
    let only = Selection {
        only: vec![CheckId::from("endpoints.after-bad")],
        stage: None,
    };
    let planned = plan(&checks, &[Stage::Endpoints], &only, RuntimeKind::Local);
    let ids: Vec<_> = planned.iter().map(|p| p.check.id).collect();
    assert_eq!(ids, ["endpoints.bad", "endpoints.after-bad"]);
    let none = plan(
        &checks,
        &[Stage::Boot],
        &Selection::default(),
        RuntimeKind::Local,
    );
    assert!(
        none.is_empty(),
        "a stage that the pack does not open is not asked"
    );
}

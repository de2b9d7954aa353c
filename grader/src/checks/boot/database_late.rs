use std::time::Duration;

use super::data_elsewhere;
use crate::check::{BreaksCx, a, note};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::probe::plant::{Planted, answer, said_yes};
use crate::probe::{Patience, until};
use crate::runtime::{BootStory, Changes, Exited, Liveness, Stop, Trouble};
use crate::{check, control, outcome};

check! {
    /// ## What it looks at
    /// A thing is made. Then service and database are both stopped, and the service is started first, as happens
    /// when a machine boots. A moment later the database comes up. Within 30 seconds from then the service must
    /// be ready and show the thing again. It may wait for the database, or end with an exit code other than 0
    /// and be started again, as every platform does.
    ///
    /// ## Why it matters
    /// Nobody promises in which order things start. A service that tries once and goes on without a database
    /// stays broken until a person restarts it, and its health check tells nobody.
    ///
    /// ## Passes
    /// ```text
    /// (the database is down; the service starts and waits)
    /// (the database comes up)
    /// GET /venues/7         200
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// (the database is down; the service logs an error and goes on)
    /// (the database comes up)
    /// GET /venues/7         500, for ever
    /// ```
    ///
    /// ## How to mend it
    /// Before the service listens, connect in a loop: try, wait a quarter of a second, try again, for half a
    /// minute; then say what does not answer and exit with code 1. Use a pool that opens connections when they
    /// are needed instead of one connection that is opened once.
    pub static CHECK = {
        id: "boot.database-late",
        summary: "the service does not recover when its database comes up after it",
        concept: "processes-and-ports",
        severity: Medium,
        needs: [data_elsewhere::CHECK],
        world: Server,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["12factor IX Disposability", "12factor IV Backing services"],
        hints: [
            "After a power cut, which starts first: your service or its database? What does your service do then?",
            "A dependency that is not there yet is no error but a matter of time: try again for a while, then end with an exit code other than 0, so that whoever started you does it again.",
            "Put the first connection into a loop with a pause and an end, let the process exit with 1 when it gives up, and never catch that error and go on.",
        ],
        run,
    }
}

/// How long after its database a service may be ready.
const RECOVERED: Duration = Duration::from_secs(30);
/// How often it is started again when it ends by itself, as a platform would.
const STARTS: usize = 5;

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let Some(entity) = cx.planter().plantable().into_iter().next() else {
        let why = "this contract makes nothing that could be looked for".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let planted = control!(cx.planter().plant(&entity).await?);
    match cx.planter().read(&planted).await? {
        None => {
            let why = "this contract reads nothing by its key".to_owned();
            return Ok(Verdict::Skipped { why });
        }
        Some(before) if !said_yes(&before) => {
            let control = format!("{} just made could not be read", a(&entity));
            return Ok(Verdict::Inconclusive { control });
        }
        Some(_) => {}
    }
    let mut findings = cx.findings();
    let ended = match outcome!(start_first(cx).await) {
        Ok(ended) => ended,
        Err(story) => return Err(Fault::new("stopping the service", story.summary)),
    };
    if ended == Some(Exited::Code(0)) {
        findings.add(gave_up(cx));
    } else if let Err(story) = outcome!(come_up(cx, ended.is_some()).await) {
        findings.add(never_up(&story));
    } else if let Some(last) = still_broken(cx, &planted).await? {
        findings.add(useless(cx, &planted, &last));
    }
    Ok(findings.verdict())
}

/// Stops both, starts the service, gives it the time to miss its database, and starts that. How the service ended
/// meanwhile, if it did.
async fn start_first(cx: &mut BreaksCx) -> Result<Option<Exited>, Trouble> {
    // What takes a service a second to come to takes it two on a bad day.
    let time_to_miss = (2 * cx.usual_start() + Duration::from_millis(500)).min(RECOVERED);
    cx.stop(Stop::Kill).await?;
    cx.stop_server().await?;
    cx.launch(&Changes::new()).await?;
    let ended = until(time_to_miss, async || {
        Ok(cx.alive().iter().find_map(|l| l.exit))
    })
    .await?;
    cx.start_server().await?;
    Ok(ended)
}

/// Waits until the service is ready; whenever it ends by itself it is started again.
async fn come_up(cx: &mut BreaksCx, ended: bool) -> Result<(), Trouble> {
    let mut again = ended;
    for _ in 0..STARTS {
        if again {
            cx.launch(&Changes::new()).await?;
        }
        match cx.ready(RECOVERED).await {
            Err(Trouble::Story(story)) if restarts(&story) => again = true,
            came => return came,
        }
    }
    cx.launch(&Changes::new()).await?;
    cx.ready(RECOVERED).await
}

/// Whether a platform would start it again.
fn restarts(story: &BootStory) -> bool {
    story.exit.is_some_and(|exit| exit != Exited::Code(0))
}

/// Reads the thing until it is there as before; what came last, if it never was. What a start has lost is told by
/// the check for that: here a new thing that can be made and read will do. The process may end on the way, and is
/// started again then.
async fn still_broken(cx: &mut BreaksCx, planted: &Planted) -> Result<Option<Exchange>, Fault> {
    let patience = Patience::new(RECOVERED);
    loop {
        let read = cx.planter().read(planted).await?;
        if read.as_ref().is_none_or(said_yes) {
            return Ok(None);
        }
        let lost = read.as_ref().and_then(Exchange::status);
        if lost.is_some_and(|s| s == 404 || s == 410)
            && let Ok(new) = cx.planter().plant(&planted.entity).await?
            && cx.planter().read(&new).await?.as_ref().is_none_or(said_yes)
        {
            return Ok(None);
        }
        if !cx.alive().iter().all(Liveness::runs)
            && let Err(Trouble::Fault(fault)) = come_up(cx, true).await
        {
            return Err(fault);
        }
        if !patience.lasts().await {
            return Ok(read);
        }
    }
}

fn gave_up(cx: &BreaksCx) -> Draft {
    Draft {
        subject: "giving up".to_owned(),
        saw: "without its database the service ends as if all were well".to_owned(),
        expected: "another try, or an exit code other than 0, so that it is started again"
            .to_owned(),
        actual: "exit code 0".to_owned(),
        evidence: vec![log(cx.log_tail(40))],
        ..Draft::default()
    }
}

fn never_up(story: &BootStory) -> Draft {
    Draft {
        subject: "coming up after the database".to_owned(),
        saw: "the database is back, and the service does not come up".to_owned(),
        expected: format!("the ready operation within {} s", RECOVERED.as_secs()),
        actual: story.summary.clone(),
        manner: match story.exit {
            Some(_) => Manner::Crash,
            None => Manner::Hang,
        },
        evidence: vec![log(story.log_tail.clone())],
        ..Draft::default()
    }
}

fn useless(cx: &BreaksCx, planted: &Planted, last: &Exchange) -> Draft {
    let kind = &planted.entity;
    Draft {
        subject: "working after the database".to_owned(),
        saw: "the database is back, the service says it is ready, and it does not work".to_owned(),
        expected: format!("the {kind} that was made before"),
        actual: format!(
            "{} s later reading it answers {}",
            RECOVERED.as_secs(),
            answer(last)
        ),
        evidence: vec![
            note("the service was started while its database was down"),
            cx.seen("long after the database came up", last),
            log(cx.log_tail(20)),
        ],
        ..Draft::default()
    }
}

fn log(lines: Vec<String>) -> Evidence {
    Evidence::Log {
        says: "its last lines".to_owned(),
        lines,
    }
}

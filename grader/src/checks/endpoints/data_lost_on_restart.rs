use super::created_differs;
use crate::check::honest::manner;
use crate::check::{BreaksCx, a};
use crate::checks::boot;
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::probe::plant::{Planted, Sight, answer, said_yes};
use crate::probe::{Patience, SOON};
use crate::runtime::{BootStory, Stop};
use crate::{check, control, outcome};

check! {
    /// ## What it looks at
    /// A thing of each kind is made and read. Then the service is stopped and started again on the same
    /// database, first politely (SIGTERM), then as in a crash (SIGKILL) that follows at once upon one more thing of
    /// each kind. Soon after each start everything must be there as it was. At the end another thing of each kind is
    /// made: that must work as before, with a key of its own, and leave the older ones alone.
    ///
    /// ## Why it matters
    /// Services restart all the time: at every release, at every crash, whenever the platform moves them.
    /// What they acknowledged before must outlive that.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues {…}      201 {"id": 7, …}
    /// (restart)
    /// GET /venues/7         200 {"id": 7, …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues {…}      201 {"id": 7, …}
    /// (restart)
    /// GET /venues/7         404
    /// ```
    ///
    /// ## How to mend it
    /// Keep nothing in variables that must last, a counter for the next id included: let the database number its
    /// rows. Write before you answer, not a moment later in a batch: a crash asks nobody whether it may come now.
    /// Create tables with migrations that run once, and never drop or empty them when the service starts.
    pub static CHECK = {
        id: "endpoints.data-lost-on-restart",
        summary: "what was acknowledged is gone after a restart",
        concept: "persistence",
        severity: Critical,
        needs: [boot::DATA_ELSEWHERE, created_differs::CHECK],
        world: Fresh,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["12factor VI Processes", "12factor IX Disposability"],
        hints: [
            "What does your service do to its tables in the first second of its life?",
            "A process is disposable; state lives in the database, and a start leaves it as it is.",
            "Look for DROP, TRUNCATE, `create all` with a reset, or a list in memory in the code that runs at start, and move table creation into migrations.",
        ],
        run,
    }
}

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let mut made = Vec::new();
    for entity in cx.planter().plantable() {
        let planted = control!(cx.planter().plant(&entity).await?);
        if let Some(before) = cx.planter().read(&planted).await? {
            if !said_yes(&before) {
                let control = format!(
                    "{} just made could not be read before the restart",
                    a(&entity)
                );
                return Ok(Verdict::Inconclusive { control });
            }
            made.push((planted, before));
        }
    }
    if made.is_empty() {
        let why = "this contract reads nothing by its key".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    let (mut findings, kinds) = (cx.findings(), made.len());
    for (how, called) in [(Stop::Term, "a restart"), (Stop::Kill, "a crash")] {
        if how == Stop::Kill {
            let late = lately(cx, &made).await?;
            made.extend(late);
        }
        if let Err(story) = outcome!(cx.restart(how).await) {
            findings.add(down(&story, called));
            return Ok(findings.verdict());
        }
        // A service may make what it shows from what it keeps, and need a moment for that after a start.
        let patience = Patience::new(SOON);
        for (planted, before) in &made {
            findings.extend(look(cx, planted, before, called, patience).await?);
        }
    }
    if findings.is_empty() {
        for (planted, _) in made.iter().take(kinds) {
            findings.extend(another(cx, planted, &made).await?);
        }
        for (planted, before) in &made {
            let patience = Patience::new(SOON);
            findings.extend(look(cx, planted, before, "the next one was made", patience).await?);
        }
    }
    Ok(findings.verdict())
}

/// A thing of each kind, and what reading it said before.
type Made = [(Planted, Exchange)];

/// One more thing of each kind, to be the last that was acknowledged before a crash: what is only written a moment
/// later is not written then. What cannot be made now is told at the end.
async fn lately(cx: &mut BreaksCx, made: &Made) -> Result<Vec<(Planted, Exchange)>, Fault> {
    let mut late = Vec::new();
    for (like, _) in made {
        let Ok(planted) = cx.planter().plant(&like.entity).await? else {
            continue;
        };
        if let Some(before) = cx.planter().read(&planted).await?.filter(said_yes) {
            late.push((planted, before));
        }
    }
    Ok(late)
}

/// Makes one more thing of the kind. What it takes is known from before the restart, so it is the restart that
/// changed something if it fails now.
async fn another(cx: &mut BreaksCx, like: &Planted, made: &Made) -> Result<Option<Draft>, Fault> {
    let kind = a(&like.entity);
    let draft = |actual: String, exchange: &Exchange, cx: &BreaksCx| Draft {
        subject: format!("{kind} after a restart"),
        saw: format!("after a restart {kind} can no longer be made as before"),
        expected: "a new thing with a key that nothing else has".to_owned(),
        actual,
        manner: manner(exchange),
        evidence: vec![
            cx.seen("before the restart", &like.created),
            cx.seen("after it", exchange),
        ],
        ..Draft::default()
    };
    let patience = Patience::new(SOON);
    loop {
        match cx.planter().plant(&like.entity).await? {
            Ok(new) => {
                let taken = |(old, _): &&(Planted, Exchange)| {
                    old.entity == new.entity && old.key.is_some() && old.key == new.key
                };
                let says = |_| "it got the key of a thing that is still there".to_owned();
                let twice = made.iter().find(taken).map(says);
                return Ok(twice.map(|actual| draft(actual, &new.created, cx)));
            }
            Err(why) => match why.exchange() {
                Some(last) if !settled(last) && patience.lasts().await => {}
                Some(last) => return Ok(Some(draft(why.to_string(), last, cx))),
                None => return Ok(None),
            },
        }
    }
}

/// Looks whether a thing is still what it was.
async fn look(
    cx: &mut BreaksCx,
    planted: &Planted,
    before: &Exchange,
    called: &str,
    patience: Patience,
) -> Result<Option<Draft>, Fault> {
    let after = read_again(cx, planted, patience).await?;
    Ok(after.and_then(|after| lost(cx, planted, before, &after, called)))
}

fn down(story: &BootStory, called: &str) -> Draft {
    Draft {
        subject: format!("coming up after {called}"),
        saw: format!("the service does not come up again after {called}"),
        expected: story.waited_for.clone(),
        actual: story.summary.clone(),
        manner: Manner::Crash,
        evidence: vec![Evidence::Log {
            says: "its last lines".to_owned(),
            lines: story.log_tail.clone(),
        }],
        ..Draft::default()
    }
}

/// Whether this is a service's answer. It may need a moment until its database lets it in again: what it says by
/// 429, 503 or silence in that moment is none yet.
fn settled(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|s| s != 429 && s != 503)
}

/// Reads a thing after a restart: again and again while it is not there, as long as patience lasts.
async fn read_again(
    cx: &mut BreaksCx,
    planted: &Planted,
    patience: Patience,
) -> Result<Option<Exchange>, Fault> {
    loop {
        let read = cx.planter().read(planted).await?;
        if read.as_ref().is_none_or(said_yes) || !patience.lasts().await {
            return Ok(read);
        }
    }
}

fn lost(
    cx: &mut BreaksCx,
    planted: &Planted,
    before: &Exchange,
    after: &Exchange,
    called: &str,
) -> Option<Draft> {
    let kind = &planted.entity;
    let body = after.json().unwrap_or_default();
    let changed: Vec<_> = cx
        .planter()
        .shown(planted, &body, Sight::Read)
        .into_iter()
        .filter(|s| !s.same)
        .collect();
    if said_yes(after) && changed.is_empty() {
        return None;
    }
    let actual = match changed.first().filter(|_| said_yes(after)) {
        Some(shown) => format!("its {} is another one", shown.fact),
        None => format!("reading it answers {}", answer(after)),
    };
    // What cannot be read may still be there: only an orderly no says that it is gone.
    let became = match after.status() {
        Some(200..=299) => "is another one",
        Some(400..=499) if settled(after) => "is gone",
        _ => "can no longer be read",
    };
    Some(Draft {
        subject: a(kind),
        saw: format!("{} that was acknowledged {became} after {called}", a(kind)),
        expected: "the same reply as before".to_owned(),
        actual,
        manner: manner(after),
        evidence: vec![
            cx.seen("before", before),
            cx.seen(format!("after {called}"), after),
        ],
        ..Draft::default()
    })
}

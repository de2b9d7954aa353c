use super::created_differs;
use crate::check::{BreaksCx, a};
use crate::checks::boot;
use crate::model::{Draft, Exchange, Fault, Manner, Verdict};
use crate::probe::plant::{Planted, Sight, answer, said_yes};
use crate::probe::{Patience, SOON};
use crate::runtime::{Stop, Trouble};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A thing of each kind is made and read. Then the service is stopped and started again on the same
    /// database, first politely (SIGTERM), then as in a crash (SIGKILL). After each start everything must
    /// be there as it was.
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
    /// Keep nothing in variables that must last. Create tables with migrations that run once, and never
    /// drop or empty them when the service starts.
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
    let mut findings = cx.findings();
    for (how, called) in [(Stop::Term, "a restart"), (Stop::Kill, "a crash")] {
        match cx.restart(how).await {
            Ok(()) => {}
            Err(Trouble::Story(story)) => {
                let mut draft = Draft {
                    subject: format!("coming up after {called}"),
                    saw: format!("the service does not come up again after {called}"),
                    expected: story.waited_for.clone(),
                    actual: story.summary.clone(),
                    manner: Manner::Crash,
                    ..Draft::default()
                };
                draft.evidence.push(crate::model::Evidence::Log {
                    says: "its last lines".to_owned(),
                    lines: story.log_tail.clone(),
                });
                findings.add(draft);
                return Ok(findings.verdict());
            }
            Err(Trouble::Fault(fault)) => return Err(fault),
            Err(Trouble::Unsupported(why)) => return Ok(Verdict::Skipped { why }),
        }
        for (planted, before) in &made {
            let Some(after) = read_again(cx, planted).await? else {
                continue;
            };
            if let Some(draft) = lost(cx, planted, before, &after, called) {
                findings.add(draft);
            }
        }
    }
    Ok(findings.verdict())
}

/// Reads a thing after a restart. A service may need a moment until its database lets it in again: what it says
/// by 429, 503 or silence in that moment is not yet its answer.
async fn read_again(cx: &mut BreaksCx, planted: &Planted) -> Result<Option<Exchange>, Fault> {
    let patience = Patience::new(SOON);
    loop {
        let read = cx.planter().read(planted).await?;
        let status = read.as_ref().and_then(Exchange::status);
        let settled = status.is_some_and(|s| s != 429 && s != 503);
        if settled || read.is_none() || !patience.lasts().await {
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
    Some(Draft {
        subject: a(kind),
        saw: format!("{} that was acknowledged is gone after {called}", a(kind)),
        expected: "the same reply as before".to_owned(),
        actual,
        evidence: vec![
            cx.seen("before", before),
            cx.seen(format!("after {called}"), after),
        ],
        ..Draft::default()
    })
}

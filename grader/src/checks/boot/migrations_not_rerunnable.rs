use std::time::Duration;

use super::data_elsewhere;
use crate::check::{BreaksCx, a, note};
use crate::model::{Draft, Evidence, Fault, Verdict};
use crate::probe::catalog::Catalog;
use crate::probe::plant::{Planted, answer, said_yes};
use crate::probe::until;
use crate::runtime::{BootStory, Changes, Released, Stop, Trouble};
use crate::{check, control, outcome};

check! {
    /// ## What it looks at
    /// The release command is run a second time on a database that is in use: it must end with exit code 0, leave
    /// the tables as they are and the data in them. Then it is run twice at once on an empty database, as when two
    /// machines are deployed together, and both copies of the service must come up on what came of it. Where there
    /// is no release command, the start of the service is what prepares the database, and is tried instead.
    ///
    /// ## Why it matters
    /// Every deployment runs the release command again. If it fails the second time, the first deployment was the
    /// last. If it drops what it finds, the second one loses everybody's data.
    ///
    /// ## Passes
    /// ```text
    /// $ ./migrate
    /// applied 0001_tables
    /// $ ./migrate
    /// (the process ended with exit code 0)
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// $ ./migrate
    /// applied 0001_tables
    /// $ ./migrate
    /// ERROR:  relation "venue" already exists
    /// ```
    ///
    /// ## How to mend it
    /// Give each migration a name, write down in a table which ones have run, and run the others alone. Do it in
    /// one transaction that begins with `pg_advisory_xact_lock`: then a second release at the same time waits and
    /// finds nothing left to do. Or use a migration tool that does this.
    pub static CHECK = {
        id: "boot.migrations-not-rerunnable",
        summary: "the release command does harm, or fails, when it is run again",
        concept: "persistence",
        severity: High,
        needs: [data_elsewhere::CHECK],
        world: Replicas,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["12factor XII Admin processes", "12factor V Build, release, run", "PostgreSQL SQLSTATE 42P07"],
        hints: [
            "Run your release command twice in a row. What does the second run do, and what is left of the data?",
            "A migration runs once on each database; the database itself remembers which ones have.",
            "Add a table of migrations that have run, skip those, and hold an advisory lock while you look and run, so that two releases at once take turns.",
        ],
        run,
    }
}

/// How long two runs at once are given to meet.
const MEETING: Duration = Duration::from_secs(5);

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let mut made = Vec::new();
    for entity in cx.planter().plantable() {
        made.push(control!(cx.planter().plant(&entity).await?));
    }
    let before = schema(cx).await?;
    let mut findings = cx.findings();

    // Again, on a database in use. What a mere start does to it, `endpoints.data-lost-on-restart` looks at.
    let again = outcome!(cx.release(1).await).unwrap_or_else(|story| vec![Err(story)]);
    let has_release = !again.is_empty();
    if let Some(story) = again.into_iter().find_map(Released::err) {
        let saw = "the release command fails when it is run a second time";
        findings.add(failed("a second run", saw, &story));
    }
    if let Some(draft) = altered("a second run", &before, &schema(cx).await?) {
        findings.add(draft);
    }
    for planted in &made {
        findings.extend(lost(cx, planted).await?);
    }
    if !findings.is_empty() {
        return Ok(findings.verdict());
    }

    // Twice at once, on an empty one. Who loses is run again, as a platform would.
    let losers = outcome!(at_once(cx, has_release).await).unwrap_or_else(|story| vec![story]);
    let up = outcome!(come_up(cx, has_release && !losers.is_empty()).await);
    if let Err(story) = up {
        let saw = "two releases at once leave a database on which the service does not come up";
        findings.add(failed("two runs at once", saw, &story));
        return Ok(findings.verdict());
    }
    findings.extend(altered("two runs at once", &before, &schema(cx).await?));
    if !findings.is_empty() {
        return Ok(findings.verdict());
    }
    let mut advice = cx.findings();
    if let Some(story) = losers.first() {
        let saw = "of two releases at once one fails; run again, it ends well";
        advice.add(failed("two runs at once", saw, story));
    }
    Ok(advice.advice())
}

/// What the learner's own tables look like.
async fn schema(cx: &BreaksCx) -> Result<Catalog, Fault> {
    let Some(observer) = cx.observer().await? else {
        return Err(Fault::new(
            "reading the tables",
            "this world has no database",
        ));
    };
    let mut catalog = observer.catalog().await?;
    catalog.tables.retain(|t| !t.is_bookkeeping());
    Ok(catalog)
}

/// Prepares an empty database twice at once. Both are held back where they make their first table, so that both have
/// looked before either has made anything. Gives the stories of those who failed.
async fn at_once(cx: &mut BreaksCx, has_release: bool) -> Result<Vec<Box<BootStory>>, Trouble> {
    cx.stop(Stop::Kill).await?;
    cx.empty_database().await?;
    let held = cx.hold_new_tables().await?;
    if !has_release {
        cx.launch(&Changes::new()).await?;
        meet(cx).await?;
        held.release().await?;
        let within = cx.pack().service.within;
        return match cx.ready(within).await {
            Err(Trouble::Story(story)) => Ok(vec![story]),
            ended => ended.map(|()| Vec::new()),
        };
    }
    let met = async {
        meet(cx).await?;
        Ok::<_, Trouble>(held.release().await?)
    };
    let (ended, ()) = tokio::try_join!(cx.release(2), met)?;
    Ok(ended.into_iter().filter_map(Released::err).collect())
}

/// Waits until both wait; not for ever, since one may need no table, or have ended.
async fn meet(cx: &BreaksCx) -> Result<(), Fault> {
    let met = async || Ok((cx.waiting().await? >= 2).then_some(()));
    until(MEETING, met).await.map(drop)
}

/// Brings both copies of the service up; with `again`, after one more release.
async fn come_up(cx: &mut BreaksCx, again: bool) -> Result<(), Trouble> {
    if again && let Some(story) = cx.release(1).await?.into_iter().find_map(Released::err) {
        return Err(Trouble::Story(story));
    }
    cx.launch(&Changes::new()).await?;
    let within = cx.pack().service.within;
    cx.ready(within).await
}

fn failed(subject: &str, saw: &str, story: &BootStory) -> Draft {
    Draft {
        subject: subject.to_owned(),
        saw: saw.to_owned(),
        expected: "exit code 0, and nothing changed where nothing is left to do".to_owned(),
        actual: story.summary.clone(),
        note: story
            .try_next
            .first()
            .map(|s| format!("Try this next: {s}")),
        evidence: vec![Evidence::Log {
            says: format!("the last lines of `{}`", story.command),
            lines: story.log_tail.clone(),
        }],
        ..Draft::default()
    }
}

fn altered(subject: &str, before: &Catalog, after: &Catalog) -> Option<Draft> {
    if before == after {
        return None;
    }
    let names = |of: &Catalog| {
        of.tables
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let (old, new) = (names(before), names(after));
    let gone = old
        .iter()
        .filter(|t| !new.contains(t))
        .map(|t| format!("{t} is gone"));
    let come = new
        .iter()
        .filter(|t| !old.contains(t))
        .map(|t| format!("{t} is new"));
    let same = before
        .tables
        .iter()
        .filter_map(|t| Some((t, after.table(&t.schema, &t.name)?)));
    let other = same
        .filter(|(b, a)| b != a)
        .map(|(t, _)| format!("{t} looks otherwise"));
    let mut all: Vec<_> = gone.chain(come).chain(other).collect();
    if all.is_empty() {
        all.push("views, sequences or extensions are others".to_owned());
    }
    Some(Draft {
        subject: subject.to_owned(),
        saw: format!("after {subject} of the release command the tables are others"),
        expected: "the tables as the first run made them".to_owned(),
        actual: all.join(", "),
        evidence: vec![note(
            "columns, keys, constraints, indexes and sequences were compared",
        )],
        ..Draft::default()
    })
}

/// What became of a thing that was there before the second run.
async fn lost(cx: &mut BreaksCx, planted: &Planted) -> Result<Option<Draft>, Fault> {
    let Some(read) = cx
        .planter()
        .read(planted)
        .await?
        .filter(|read| !said_yes(read))
    else {
        return Ok(None);
    };
    let kind = &planted.entity;
    Ok(Some(Draft {
        subject: format!("{} over a second run", a(kind)),
        saw: format!(
            "{} that was there is gone after the release command ran again",
            a(kind)
        ),
        expected: format!("the {kind} as it was"),
        actual: format!("reading it answers {}", answer(&read)),
        evidence: vec![cx.seen("before", &planted.created), cx.seen("after", &read)],
        ..Draft::default()
    }))
}

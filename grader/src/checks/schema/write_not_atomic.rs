use serde_json::Value;

use crate::check::diff::{Difference, Tables};
use crate::check::fan::{ReadSet, holder, read_set};
use crate::check::honest::manner;
use crate::check::obstacle::Obstacle;
use crate::check::{Findings, QuietCx, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Exchange, Fault, Outcome, Verdict};
use crate::probe::catalog::Catalog;
use crate::probe::changes::{Changes, Commit, Deed};
use crate::probe::plant::{Planting, Ready, Wish, answer, said_yes};
use crate::probe::sql::{Editor, Observer};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A request that writes several rows is sent twice. The first time the database's own log of changes says what
    /// was written, and in how many transactions. The second time the database refuses the last of these rows: then
    /// nothing of the request may be left, and the answer may not say that all went well. Where one part of a request
    /// can name something that does not exist, that is tried too. Tables that no answer comes from (an audit, an
    /// outbox) may keep what they like.
    ///
    /// ## Why it matters
    /// Services end in the middle of a request: a deployment, a full disk, a lost connection. Whoever writes an order
    /// and its lines one after the other then has an order without lines, for ever, and nobody to tell it.
    ///
    /// ## Passes
    /// ```text
    /// POST /orders      BEGIN; INSERT …; INSERT …; ROLLBACK      500, and no row is left
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /orders      INSERT INTO orders …; (committed)      INSERT INTO order_lines …; (refused)
    /// ```
    ///
    /// ## How to mend it
    /// Take one connection, begin a transaction before the first statement, commit after the last, and roll back
    /// when anything is raised in between. Most drivers have a block for it.
    pub static CHECK = {
        id: "schema.write-not-atomic",
        summary: "a request that fails half-way leaves half of its rows",
        concept: "transactions",
        severity: Critical,
        needs: [created_differs::CHECK],
        world: Fresh,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Haerder & Reuter 1983, Principles of transaction-oriented database recovery", "PostgreSQL manual, Transactions"],
        hints: [
            "Pull the plug after each statement of this request, in your mind. What is in the database then?",
            "What belongs together is committed together, or not at all.",
            "Find where the statements of this request are committed: with autocommit on, each by itself. Put a transaction around all of them.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let (Some(observer), Some(editor)) = (cx.observer().await?, cx.editor().await?) else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let read = read_set(cx).await?;
    if read.is_empty() {
        let control = "no answer was seen to come from a table".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let pack = cx.pack();
    let (mut wrong, mut notes) = (cx.findings(), cx.findings());
    let mut judged = 0;
    for entity in pack.entities.values().filter(|e| e.create.is_some()) {
        let mut stage = Stage {
            observer: &observer,
            editor: &editor,
            read: &read,
            catalog: observer.catalog().await?,
            line: String::new(),
        };
        let honest = control!(cx.planter().prepare(&entity.name, Wish::default()).await?);
        stage.line = cx.line(&honest.op);
        let changes = control!(cx.changes().await?);
        let watched = stage.watch(&honest, &changes).await;
        changes.close().await?;
        let (sent, commits) = watched?;
        if !said_yes(&sent) {
            let control = format!("{} answered {}", stage.line, answer(&sent));
            return Ok(Verdict::Inconclusive { control });
        }
        let written: usize = commits.iter().map(Vec::len).sum();
        if written < 2 {
            continue;
        }
        let like = (entity.name.as_str(), honest.parts.len());
        match stage.disturb(cx, like, &commits, &mut wrong).await? {
            Disturbed::Judged => judged += 1,
            Disturbed::Not(control) => return Ok(Verdict::Inconclusive { control }),
        }
        if commits.len() > 1 && wrong.is_empty() {
            notes.add(two(cx, &stage.line, &sent, &commits));
        }
        stage.break_one(cx, &entity.name, &mut wrong).await?;
    }
    if judged == 0 {
        let why = "no request of this contract writes more than one row".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    if wrong.is_empty() {
        return Ok(notes.advice());
    }
    Ok(wrong.verdict())
}

/// What is looked at and written with.
struct Stage<'s> {
    observer: &'s Observer,
    editor: &'s Editor,
    read: &'s ReadSet,
    catalog: Catalog,
    /// The operation, as the contract spells it.
    line: String,
}

/// What came of a disturbance.
enum Disturbed {
    /// It happened, and was judged.
    Judged,
    /// It did not happen; the sentence says why.
    Not(String),
}

impl Stage<'_> {
    /// Sends a request, and the tables that its transactions wrote rows to, row by row.
    async fn watch(
        &self,
        ready: &Ready,
        changes: &Changes,
    ) -> Result<(Exchange, Vec<Vec<String>>), Fault> {
        changes.take().await?;
        let sent = ready.request().send().await?;
        let commits = changes.take().await?;
        let rows = |commit: &Commit| -> Vec<String> {
            let rows = commit
                .rows
                .iter()
                .filter(|r| matches!(r.deed, Deed::Insert | Deed::Update));
            let tables = rows.filter_map(|r| holder(&self.catalog, &r.table));
            tables
                .filter(|t| self.read.has(t))
                .map(ToString::to_string)
                .collect()
        };
        let all = commits.iter().map(rows).filter(|rows| !rows.is_empty());
        Ok((sent, all.collect()))
    }

    /// Sends a like request while the last row of it cannot be written.
    async fn disturb(
        &self,
        cx: &mut QuietCx,
        like: (&str, usize),
        commits: &[Vec<String>],
        wrong: &mut Findings,
    ) -> Result<Disturbed, Fault> {
        let order: Vec<&String> = commits.iter().flatten().collect();
        let last = order.last().copied();
        let table = self
            .catalog
            .tables
            .iter()
            .find(|t| Some(&t.to_string()) == last);
        let Some(table) = table else {
            return Ok(Disturbed::Not(
                "the last row that was written has no table".to_owned(),
            ));
        };
        let nth = order.iter().filter(|t| Some(**t) == last).count();
        let again = match alike(cx, like).await? {
            Ok(again) => again,
            Err(why) => return Ok(Disturbed::Not(why.to_string())),
        };
        let before = Tables::read(self.observer).await?;
        let Some(obstacle) = Obstacle::put(self.editor, table, nth).await? else {
            let why = "the service's role may not make a trigger on its own table".to_owned();
            return Ok(Disturbed::Not(why));
        };
        let sent = again.request().send().await;
        let met = obstacle.met().await?;
        // Looked at while the obstacle stands: whoever tries again later would succeed.
        let left = self.left(&before).await?;
        let cleared = obstacle.clear().await?;
        let sent = sent?;
        if met < nth {
            let why = format!("the second {} wrote other rows than the first", self.line);
            return Ok(Disturbed::Not(why));
        }
        if matches!(sent.outcome, Outcome::TimedOut { .. }) {
            let why = format!("{} did not answer while a row was refused", self.line);
            return Ok(Disturbed::Not(why));
        }
        let how =
            format!("the last row that it writes, one of `{table}`, was refused by a trigger");
        if said_yes(&sent) {
            wrong.add(self.acknowledged(cx, &sent, &how));
        } else if !left.is_empty() {
            wrong.add(self.half(cx, &sent, &left, how));
        } else if !cleared {
            wrong.add(Draft {
                saw: format!("{} failed, and its transaction stays open", self.line),
                ..self.half(cx, &sent, &[], how)
            });
        }
        // C~: when the obstacle is gone, the same request works.
        if let Some(after) = self.works_again(&again).await? {
            wrong.add(Draft {
                subject: format!("{} after a failure", self.line),
                saw: format!(
                    "after one failed write {} does not work any more",
                    self.line
                ),
                expected: "the next honest request works".to_owned(),
                actual: answer(&after),
                manner: manner(&after),
                evidence: vec![note(how_gone()), cx.seen("the next request", &after)],
                ..Draft::default()
            });
        }
        Ok(Disturbed::Judged)
    }

    /// The last answer to an honest request, if none of a few worked.
    async fn works_again(&self, ready: &Ready) -> Result<Option<Exchange>, Fault> {
        let mut last = None;
        for _ in 0..3 {
            let sent = ready.request().send().await?;
            if sent.status().is_some_and(|s| s < 500) {
                return Ok(None);
            }
            last = Some(sent);
        }
        Ok(last)
    }

    /// What is different in tables that answers come from.
    async fn left(&self, before: &Tables) -> Result<Vec<Difference>, Fault> {
        let mut left = before.differ(&Tables::read(self.observer).await?);
        left.retain(|d| self.read.has(&d.table));
        Ok(left)
    }

    /// Sends a request of which one part names something that does not exist.
    async fn break_one(
        &self,
        cx: &mut QuietCx,
        entity: &str,
        wrong: &mut Findings,
    ) -> Result<(), Fault> {
        let Ok(ready) = cx.planter().prepare(entity, Wish::default()).await? else {
            return Ok(());
        };
        let Some(body) = with_a_stranger(cx, &ready) else {
            return Ok(());
        };
        let before = Tables::read(self.observer).await?;
        let sent = ready.with(&body).send().await?;
        // That it is taken for good is told elsewhere.
        if said_yes(&sent) {
            return Ok(());
        }
        let left = self.left(&before).await?;
        if !left.is_empty() {
            let how = "one part of the request names something that does not exist".to_owned();
            wrong.add(self.half(cx, &sent, &left, how));
        }
        Ok(())
    }

    fn half(&self, cx: &QuietCx, sent: &Exchange, left: &[Difference], how: String) -> Draft {
        let mut evidence = vec![note(how), cx.seen("the request that failed", sent)];
        evidence.extend(left.iter().take(3).map(|d| d.evidence("what it left")));
        let told: Vec<_> = left.iter().map(Difference::told).collect();
        Draft {
            subject: self.line.clone(),
            touches: vec![self.line.clone()],
            saw: format!("{} failed, and a part of it is stored", self.line),
            expected: "no row is left of a request that failed".to_owned(),
            actual: told.join(", "),
            evidence,
            ..Draft::default()
        }
    }

    fn acknowledged(&self, cx: &QuietCx, sent: &Exchange, how: &str) -> Draft {
        Draft {
            subject: format!("{} acknowledged", self.line),
            touches: vec![self.line.clone()],
            saw: format!("{} says yes although the database refused a row", self.line),
            expected: "an answer that says that it failed".to_owned(),
            actual: answer(sent),
            evidence: vec![note(how), cx.seen("the request", sent)],
            ..Draft::default()
        }
    }
}

/// A request like the first: with as many parts.
async fn alike(cx: &mut QuietCx, like: (&str, usize)) -> Result<Planting<Ready>, Fault> {
    let (entity, parts) = like;
    let mut ready = cx.planter().prepare(entity, Wish::default()).await?;
    for _ in 0..8 {
        if ready.as_ref().map_or(true, |r| r.parts.len() == parts) {
            break;
        }
        ready = cx.planter().prepare(entity, Wish::default()).await?;
    }
    Ok(ready)
}

fn how_gone() -> &'static str {
    "the trigger that had refused a row was gone by then"
}

fn two(cx: &QuietCx, line: &str, sent: &Exchange, commits: &[Vec<String>]) -> Draft {
    let mut evidence = vec![cx.seen("the request", sent)];
    evidence.extend(commits.iter().enumerate().map(|(n, tables)| {
        note(format!(
            "transaction {} wrote to `{}`",
            n + 1,
            tables.join("`, `")
        ))
    }));
    Draft {
        subject: format!("{line} in parts"),
        saw: format!(
            "{line} is {} transactions; when the last failed, all was undone",
            commits.len()
        ),
        expected: "one transaction".to_owned(),
        actual: format!("{} transactions", commits.len()),
        evidence,
        ..Draft::default()
    }
}

/// The body with one part more, which belongs to something that does not exist; none where the request has no list of
/// parts.
fn with_a_stranger(cx: &mut QuietCx, ready: &Ready) -> Option<Value> {
    let pack = cx.pack();
    let (name, parents) = ready
        .parts
        .iter()
        .find(|(_, parents)| !parents.is_empty())?;
    let part = pack.entity(name)?;
    let (role, parent) = parents.first()?;
    let stranger = cx.planter().unknown_key(parent)?;
    let at = part.made_by.as_ref()?.at.pointer()?.to_string();
    let list = at.strip_suffix("/*")?;
    let mut body = ready.body.clone();
    let items = body.pointer_mut(list)?.as_array_mut()?;
    let mut one = items.last()?.clone();
    part.parents.get(role)?.at.set(&mut one, stranger);
    items.push(one);
    let op = pack.op(&ready.op)?;
    pack.contract
        .validate_body(op, &body)
        .is_empty()
        .then_some(body)
}

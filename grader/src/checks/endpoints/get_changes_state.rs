use std::collections::{BTreeMap, BTreeSet};

use super::{created_differs, wrong_success_status};
use crate::check::{Findings, QuietCx, note};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Method, OpId};
use crate::probe::plant::Planted;
use crate::probe::sql::{Observer, Rows, Token};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// All rows of all tables, before and after each reading request, while nobody else asks anything. No
    /// row may appear, disappear or change in a table that holds what clients have sent. What a service
    /// notes for itself (an access log, a counter, a time of the last visit) is mentioned and costs nothing.
    ///
    /// ## Why it matters
    /// Browsers fetch links before anybody clicks them, crawlers follow them all, and proxies repeat them.
    /// None of them may change anything by looking.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/7      200      the same rows before and after
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/7      200      one row more in the table of the venues
    /// ```
    ///
    /// ## How to mend it
    /// Let a GET run SELECT and nothing else. What is to change something is a POST, a PUT, a PATCH or a
    /// DELETE; what is to happen in its own time is a job.
    pub static CHECK = {
        id: "endpoints.get-changes-state",
        summary: "a request that only reads changes what is stored",
        concept: "methods",
        severity: High,
        needs: [wrong_success_status::CHECK, created_differs::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["RFC 9110 §9.2.1", "ASVS v5.0.0-3.5.3"],
        hints: [
            "Which statements does your service send when somebody only looks?",
            "A safe method asks for nothing but an answer; whoever sends it is not to blame for what it changes.",
            "Switch on the log of statements, send the GET by hand, and move every INSERT, UPDATE and DELETE that you see to where it belongs.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let (mut wrong, mut notes) = (cx.findings(), cx.findings());
    let empty = tables(&observer).await?;
    let mut planted = Vec::new();
    for name in cx.planter().plantable() {
        planted.push(control!(cx.planter().plant(&name).await?));
    }
    // C+: a write shows in the tables, so that its absence means something.
    let full = tables(&observer).await?;
    if empty == full {
        let control = "what was made does not show in the tables".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let homes = homes(cx, &observer, &planted).await?;
    for read in reads(cx) {
        // Twice, with things of their own: what a job of the service does meanwhile is not done twice in the window.
        let Some(first) = changed(cx, &observer, &read).await? else {
            continue;
        };
        let Some(again) = changed(cx, &observer, &read).await? else {
            continue;
        };
        for (table, change) in again.tables {
            if !first.tables.contains_key(&table) {
                continue;
            }
            let fact = homes
                .get(&table)
                .is_some_and(|columns| change.hits(columns));
            let findings = if fact { &mut wrong } else { &mut notes };
            tell(cx, &read.op, &table, &change, &again.exchange, findings);
        }
    }
    if wrong.is_empty() {
        return Ok(notes.advice());
    }
    Ok(wrong.verdict())
}

/// One reading request.
struct Read {
    op: OpId,
    /// The entity that it reads or lists; none for one that needs nothing.
    of: Option<(String, bool)>,
}

/// Every GET that can be called honestly: those of things, and those that need nothing.
fn reads(cx: &mut QuietCx) -> Vec<Read> {
    let pack = cx.pack();
    let mut reads = Vec::new();
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name) else {
            continue;
        };
        for (call, one) in [(&entity.read, true), (&entity.list, false)] {
            let is_get = |op: &OpId| pack.op(op).is_some_and(|o| o.method == Method::Get);
            if let Some(call) = call.as_ref().filter(|c| is_get(&c.op)) {
                reads.push(Read {
                    op: call.op.clone(),
                    of: Some((name.clone(), one)),
                });
            }
        }
    }
    for op in cx.planter().plain() {
        if !reads.iter().any(|r| r.op == op) {
            reads.push(Read { op, of: None });
        }
    }
    reads
}

/// The cells of one row.
type Row = Vec<Option<String>>;
type Tables = BTreeMap<String, Rows>;

async fn tables(observer: &Observer) -> Result<Tables, Fault> {
    let mut all = Tables::new();
    for table in observer.tables().await? {
        let mut rows = observer.rows(&table, &[]).await?;
        rows.rows.sort();
        all.insert(table.to_string(), rows);
    }
    Ok(all)
}

/// In which columns of which tables the values that were sent stand.
async fn homes(
    cx: &mut QuietCx,
    observer: &Observer,
    planted: &[Planted],
) -> Result<BTreeMap<String, BTreeSet<String>>, Fault> {
    let texts = planted.iter().flat_map(|p| cx.planter().own_texts(p));
    let tokens: Vec<Token> = texts.map(Token::Text).collect();
    let mut homes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for hit in observer.find(&tokens).await? {
        homes.entry(hit.table).or_default().insert(hit.column);
    }
    Ok(homes)
}

/// What a reading request changed.
struct Seen {
    tables: BTreeMap<String, Change>,
    exchange: Exchange,
}

/// What became of one table.
struct Change {
    added: Vec<Row>,
    gone: Vec<Row>,
    columns: Vec<String>,
    table: String,
}

impl Change {
    /// The columns in which rows that were changed differ; none where rows were added or removed.
    fn altered(&self) -> Option<BTreeSet<&str>> {
        if self.added.len() != self.gone.len() {
            return None;
        }
        let mut differ = BTreeSet::new();
        let mut left: Vec<&Row> = self.added.iter().collect();
        for was in &self.gone {
            // The row that is most like it is the same one, changed: not every table has a key.
            let likeness = |is: &&&Row| was.iter().zip(**is).filter(|(a, b)| a == b).count();
            let is = *left.iter().max_by_key(likeness)?;
            left.retain(|row| !std::ptr::eq(*row, is));
            let cells = self.columns.iter().zip(was.iter().zip(is));
            let changed = cells.filter(|(_, (was, is))| was != is);
            differ.extend(changed.map(|(column, _)| column.as_str()));
        }
        Some(differ)
    }

    /// Whether rows came or went, or a column was changed that holds what clients send.
    fn hits(&self, facts: &BTreeSet<String>) -> bool {
        match self.altered() {
            None => true,
            Some(altered) => altered.iter().any(|c| facts.contains(*c)),
        }
    }
}

/// Asks once, and compares the tables; none where there is no honest request.
async fn changed(
    cx: &mut QuietCx,
    observer: &Observer,
    read: &Read,
) -> Result<Option<Seen>, Fault> {
    let planted = match &read.of {
        Some((entity, _)) => match cx.planter().plant(entity).await? {
            Ok(planted) => Some(planted),
            Err(_) => return Ok(None),
        },
        None => None,
    };
    // A login leaves rows behind, and is not what is looked at.
    cx.planter().log_in_for(&read.op, planted.as_ref()).await?;
    let before = tables(observer).await?;
    let exchange = match (&planted, &read.of) {
        (Some(of), Some((_, true))) => cx.planter().read(of).await?,
        (Some(of), _) => cx.planter().list(of).await?,
        (None, _) => cx.planter().bare(&read.op).await?,
    };
    let after = tables(observer).await?;
    let Some(exchange) = exchange else {
        return Ok(None);
    };
    let changes = after.into_iter().filter_map(|(name, now)| {
        let was = before.get(&name)?;
        let change = Change {
            added: less(&now.rows, &was.rows),
            gone: less(&was.rows, &now.rows),
            columns: now.columns,
            table: now.table,
        };
        let any = !change.added.is_empty() || !change.gone.is_empty();
        any.then_some((name, change))
    });
    Ok(Some(Seen {
        tables: changes.collect(),
        exchange,
    }))
}

/// The rows of the first that the second does not have, as often as it does not.
fn less(a: &[Row], b: &[Row]) -> Vec<Row> {
    let mut counts: BTreeMap<&Row, usize> = BTreeMap::new();
    b.iter()
        .for_each(|row| *counts.entry(row).or_default() += 1);
    let mut left = Vec::new();
    for row in a {
        match counts.get_mut(row).filter(|n| **n > 0) {
            Some(count) => *count -= 1,
            None => left.push(row.clone()),
        }
    }
    left
}

fn tell(
    cx: &QuietCx,
    op: &OpId,
    table: &str,
    change: &Change,
    exchange: &Exchange,
    findings: &mut Findings,
) {
    let what = match change.altered() {
        Some(columns) => {
            let columns: Vec<_> = columns.into_iter().collect();
            format!("changes `{}` of `{table}`", columns.join("`, `"))
        }
        None if change.gone.is_empty() => format!("adds rows to `{table}`"),
        None if change.added.is_empty() => format!("removes rows from `{table}`"),
        None => format!("replaces rows of `{table}`"),
    };
    let rows = Rows {
        table: change.table.clone(),
        columns: change.columns.clone(),
        rows: change
            .added
            .iter()
            .chain(&change.gone)
            .take(4)
            .cloned()
            .collect(),
        cut: false,
    };
    let touched = cx.pack().op(op).map(|o| o.line()).unwrap_or_default();
    findings.add(Draft {
        subject: format!("reading {what}"),
        touches: vec![touched.clone()],
        saw: format!("{touched} {what}"),
        expected: "the same rows before and after".to_owned(),
        actual: format!(
            "{} rows came, {} went",
            change.added.len(),
            change.gone.len()
        ),
        evidence: vec![
            cx.seen("the request that only reads", exchange),
            note("nobody else asked anything between the two looks at the tables"),
            rows.evidence("rows that differ"),
        ],
        ..Draft::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        cells.iter().map(|c| Some((*c).to_owned())).collect()
    }

    #[test]
    fn rows_are_compared_as_often_as_they_occur() {
        let (a, b) = (row(&["a"]), row(&["b"]));
        let less = less(&[a.clone(), a.clone(), b.clone()], std::slice::from_ref(&a));
        assert_eq!(less, [a, b]);
    }

    #[test]
    fn a_note_of_the_service_is_no_fact() {
        let mut change = Change {
            added: vec![row(&["1", "name", "9"])],
            gone: vec![row(&["1", "name", "8"])],
            columns: ["id", "name", "views"].map(str::to_owned).to_vec(),
            table: "t".to_owned(),
        };
        let facts = BTreeSet::from(["name".to_owned()]);
        assert!(!change.hits(&facts));
        change.gone = vec![row(&["1", "other", "8"])];
        assert!(change.hits(&facts));
        change.gone.clear();
        assert!(change.hits(&facts));
    }
}

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::check::fan::{Fan, ReadSet, fan};
use crate::check::retold::{Retold, change_all, hubs, leaves, token};
use crate::check::{QuietCx, a};
use crate::checks::endpoints::patch_ignored;
use crate::model::{Draft, Evidence, Exchange, Fault, Verdict};
use crate::probe::catalog::Table;
use crate::probe::sql::{Hit, Observer, Rows, Token};
use crate::probe::{Patience, SOON};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A thing to which many others belong gets new values: a customer with five orders another name, a venue with
    /// five events. Then everything about them that the contract lets be read is read again, and every table from
    /// which such answers come is searched for the old values. None may be left within three seconds. Rows that say
    /// what was (a history, an audit) are no copies, and neither is what the project keeps as it was on purpose.
    ///
    /// ## Why it matters
    /// A fact that stands in two places has two values as soon as somebody changes one. From then on the answer
    /// depends on which page is asked, and nobody can tell which one is true.
    ///
    /// ## Passes
    /// ```text
    /// PATCH /customers/9 {"name": "Mara Lindqvist"}      200
    /// GET /orders/41      200 {"customer": {"name": "Mara Lindqvist", …}, …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /customers/9 {"name": "Mara Lindqvist"}      200
    /// GET /orders/41      200 {"customer": {"name": "Mara Lind", …}, …}
    /// ```
    ///
    /// ## How to mend it
    /// Keep the fact in one table, and let the others hold that table's key. What a reply shows of it is joined
    /// when it is asked for.
    pub static CHECK = {
        id: "schema.stale-copy",
        summary: "a fact was changed, and another place still has the old value",
        concept: "anomalies",
        severity: Critical,
        needs: [patch_ignored::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Codd 1970, A relational model of data for large shared data banks, §2", "Papenbrock & Naumann, EDBT 2017"],
        hints: [
            "When a customer is renamed, which tables and which columns have to change, and which of them do?",
            "A fact that stands once cannot disagree with itself.",
            "Drop the copied column, keep the reference, and join the original wherever a reply shows it.",
        ],
        run,
    }
}

/// How many of each kind belong to the thing that is changed.
const AROUND: usize = 5;

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let mut findings = cx.findings();
    let mut changed = 0;
    for entity in hubs(cx) {
        let fan = control!(fan(cx, &entity, AROUND).await?);
        if !fan.is_wide() {
            continue;
        }
        let (before, read) = fan.look_and_trace(cx).await?;
        let held = held(&observer).await?;
        let facts = change_all(cx, &fan, None).await?;
        if facts.is_empty() {
            continue;
        }
        changed += facts.len();
        let patience = Patience::new(SOON);
        loop {
            let after = fan.look(cx).await?;
            let now = Now {
                shown: (&before, &after),
                stale: stale_rows(&observer, &fan, &read, &held, &facts).await?,
            };
            let drafts: Vec<_> = facts
                .iter()
                .filter_map(|f| now.judge(cx, &fan, f))
                .collect();
            // A cache, or a copy that is brought up a moment later, is given that moment.
            if drafts.is_empty() || !patience.lasts().await {
                findings.extend(drafts);
                break;
            }
        }
    }
    if changed == 0 {
        let why = "no fact that others could repeat can be changed here".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// How many rows each table has.
type Held = BTreeMap<String, u64>;

async fn held(observer: &Observer) -> Result<Held, Fault> {
    let mut held = Held::new();
    for table in observer.tables().await? {
        let count = observer.count(&table).await?;
        held.insert(table.to_string(), count);
    }
    Ok(held)
}

/// What answers and tables say after the changes.
struct Now<'a> {
    shown: (&'a [Exchange], &'a [Exchange]),
    /// Rows that still say the old value, by fact.
    stale: BTreeMap<String, Vec<Hit>>,
}

/// Rows of tables that are read which still say what was, and are neither the changed row itself nor a record of what
/// was.
async fn stale_rows(
    observer: &Observer,
    fan: &Fan,
    read: &ReadSet,
    held: &Held,
    facts: &[Retold],
) -> Result<BTreeMap<String, Vec<Hit>>, Fault> {
    let mut stale = BTreeMap::new();
    let tables = observer.tables().await?;
    let now = self::held(observer).await?;
    for fact in facts {
        let (Some(old), Some(new)) = (token(&fact.old), token(&fact.new)) else {
            continue;
        };
        let hits = observer.find(&[old.clone(), new.clone()]).await?;
        let (is, was): (Vec<_>, Vec<_>) = hits.into_iter().partition(|h| h.token == new);
        let fresh: BTreeSet<(&str, &[Option<String>])> = is
            .iter()
            .map(|h| (h.table.as_str(), h.row.as_slice()))
            .collect();
        // Where the new value came in a row of its own and the old one stayed, what was is kept on purpose.
        let records = |table: &str| {
            let grew = now.get(table) > held.get(table);
            grew && is.iter().any(|h| h.table == table)
        };
        let mut left = was;
        left.retain(|hit| {
            let table = tables.iter().find(|t: &&Table| t.to_string() == hit.table);
            table.is_some_and(|t| read.has(t) && !t.is_bookkeeping())
                && !records(&hit.table)
                && !fresh.contains(&(hit.table.as_str(), hit.row.as_slice()))
        });
        if fact.old.is_number() {
            left = repeated(left, fan);
        }
        if !left.is_empty() {
            stale.insert(fact.fact.clone(), left);
        }
    }
    Ok(stale)
}

/// A number means something only where as many rows have it as belong to the thing; and none where it is a key.
fn repeated(hits: Vec<Hit>, fan: &Fan) -> Vec<Hit> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for hit in &hits {
        *counts
            .entry((hit.table.clone(), hit.column.clone()))
            .or_default() += 1;
    }
    let key = fan
        .hub
        .key
        .as_ref()
        .map(|k| k.as_str().map_or(k.to_string(), str::to_owned));
    let is_key = |hit: &Hit| match &hit.token {
        Token::Number(n) => key.as_ref() == Some(n),
        Token::Text(_) => false,
    };
    let often = |hit: &Hit| {
        let place = (hit.table.clone(), hit.column.clone());
        counts.get(&place).is_some_and(|n| *n >= AROUND)
    };
    hits.into_iter()
        .filter(|h| often(h) && !is_key(h))
        .collect()
}

impl Now<'_> {
    fn judge(&self, cx: &QuietCx, fan: &Fan, fact: &Retold) -> Option<Draft> {
        let kind = &fan.hub.entity;
        let (before, after) = self.shown;
        let later = |b: &Exchange| after.iter().find(|a| a.sent.path == b.sent.path);
        let mut pairs = before.iter().filter_map(|b| Some((b, later(b)?)));
        let served = pairs.find(|(b, a)| still_says(b, a, fact));
        let rows = self.stale.get(&fact.fact);
        if served.is_none() && rows.is_none() {
            return None;
        }
        let name = &fact.fact;
        let saw = match served {
            Some(_) => format!(
                "the {name} of {} was changed, and old answers stay",
                a(kind)
            ),
            None => format!(
                "the {name} of {} was changed, and a copy in a table was not",
                a(kind)
            ),
        };
        let mut evidence = vec![cx.seen("the change", &fact.change)];
        evidence.extend(served.map(|(_, after)| cx.seen("what is still shown afterwards", after)));
        evidence.extend(rows.and_then(|hits| said(hits)));
        let place = rows.and_then(|hits| hits.first());
        let left = place.map(|hit| format!("`{}` of `{}`", hit.column, hit.table));
        Some(Draft {
            subject: format!("{kind}.{name}"),
            touches: served.iter().filter_map(|(b, _)| line(cx, b)).collect(),
            saw,
            expected: format!("{} wherever it is kept and shown", fact.new),
            actual: match left {
                Some(left) => format!("{left} still has {}", fact.old),
                None => format!("{} is still shown", fact.old),
            },
            evidence,
            ..Draft::default()
        })
    }
}

/// The operation that an exchange asked, as the contract spells it.
fn line(cx: &QuietCx, exchange: &Exchange) -> Option<String> {
    let path = exchange.sent.path.split('?').next()?;
    let pack = cx.pack();
    let mut all = pack.contract.operations.iter();
    let op = all.find(|op| op.method.to_string() == exchange.sent.method && op.path.holds(path))?;
    Some(op.line())
}

/// Whether an answer shows the old value where it did before. An answer that grew by the change tells what was.
fn still_says(before: &Exchange, after: &Exchange, fact: &Retold) -> bool {
    let (Some(was), Some(is)) = (before.json(), after.json()) else {
        return false;
    };
    let (was, is) = (leaves(&was), leaves(&is));
    let same = |(place, value): (&String, &Value)| {
        let named = fact.old.is_string() || place.rsplit('/').next() == Some(fact.fact.as_str());
        named && *value == fact.old && is.get(place) == Some(value)
    };
    is.len() <= was.len() && was.iter().any(same)
}

fn said(hits: &[Hit]) -> Option<Evidence> {
    let first = hits.first()?;
    let same = hits.iter().filter(|h| h.table == first.table).take(3);
    let rows = Rows {
        table: first.table.clone(),
        columns: first.columns.clone(),
        rows: same.map(|h| h.row.clone()).collect(),
        cut: false,
    };
    Some(rows.evidence("rows that still say the old value"))
}

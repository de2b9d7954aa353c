use std::sync::Arc;

use indexmap::IndexMap;

use crate::check;
use crate::check::diff::{Difference, Tables};
use crate::check::fan::{ReadSet, children, read_set};
use crate::check::home::{Home, homes};
use crate::check::honest::manner;
use crate::check::{Findings, QuietCx, a, note};
use crate::checks::endpoints::deleted_still_there;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::EndAt;
use crate::probe::plant::{Planted, answer, said_yes};
use crate::probe::sql::{Observer, Rows};

check! {
    /// ## What it looks at
    /// A thing is removed to which another one belongs, or which is joined to another one. The service may refuse, may
    /// remove both, may empty the reference, or may keep the row and mark it as removed. But no row may be left that
    /// refers to a row which is not there.
    ///
    /// ## Why it matters
    /// A reference to nothing is a page that breaks, a join that leaves rows out, and, when the number is given away
    /// again, somebody else's data.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /venues/7      409      (it has an event)
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /venues/7      204      and the row of its event still says venue 7
    /// ```
    ///
    /// ## How to mend it
    /// Declare the foreign key, and say at it what shall happen: nothing (then the DELETE is refused, and is a 409),
    /// `ON DELETE CASCADE` or `ON DELETE SET NULL`.
    pub static CHECK = {
        id: "schema.orphan-left",
        summary: "after a removal rows refer to something that is not there",
        concept: "foreign-keys",
        severity: Critical,
        needs: [deleted_still_there::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["CFinder, ASPLOS 2023", "PostgreSQL manual, Constraints, Foreign keys"],
        hints: [
            "What do the rows of its events say after a venue is gone?",
            "The database can promise that every reference leads somewhere, and no code can: between its look and its write somebody else writes.",
            "Add `REFERENCES` to the column, choose what a removal does, and turn the error of the database into a 409.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let pack = cx.pack();
    let read = read_set(cx).await?;
    let plantable = cx.planter().plantable();
    let mut findings = cx.findings();
    let mut judged = 0;
    for name in &plantable {
        if pack.entity(name).is_none_or(|e| e.delete.is_none()) {
            continue;
        }
        let mut others: Vec<Other> = children(&pack, &plantable, name)
            .into_iter()
            .map(|(child, role)| Other::Child(child, role))
            .collect();
        for link in pack.links.values().filter(|l| l.set.is_some()) {
            let mut ends = link.ends.iter();
            let at = ends.find(|(_, end)| end.entity == *name && end.at != EndAt::Caller);
            others.extend(at.map(|(role, _)| Other::Link(link.name.clone(), role.clone())));
        }
        for other in others {
            judged += usize::from(ask(cx, &observer, &read, name, &other, &mut findings).await?);
        }
    }
    if judged == 0 {
        let why = "nothing to which others belong can be removed here".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// What belongs to a thing, and under which name it knows it.
enum Other {
    Child(String, String),
    Link(String, String),
}

impl Other {
    fn name(&self) -> String {
        let (Self::Child(name, _) | Self::Link(name, _)) = self;
        name.replace('_', " ")
    }

    /// Makes one for this thing; whether there is one now.
    async fn make(&self, cx: &mut QuietCx, of: &Arc<Planted>) -> Result<bool, Fault> {
        let (Self::Child(name, role) | Self::Link(name, role)) = self;
        let to = IndexMap::from([(role.clone(), Arc::clone(of))]);
        Ok(match self {
            Self::Child(..) => cx.planter().plant_under(name, to).await?.is_ok(),
            Self::Link(..) => cx.planter().link_between(name, to).await?.is_ok(),
        })
    }
}

/// A thing with another, where it stands, and the rows that came with the other.
struct Pair {
    thing: Arc<Planted>,
    homes: Vec<Home>,
    came: Vec<Difference>,
}

async fn pair(
    cx: &mut QuietCx,
    observer: &Observer,
    kind: &str,
    other: &Other,
) -> Result<Option<Pair>, Fault> {
    let Ok(thing) = cx.planter().plant(kind).await? else {
        return Ok(None);
    };
    let thing = Arc::new(thing);
    let homes = homes(cx, observer, &thing).await?;
    let before = Tables::read(observer).await?;
    if homes.is_empty() || !other.make(cx, &thing).await? {
        return Ok(None);
    }
    let came = before.differ(&Tables::read(observer).await?);
    Ok(Some(Pair { thing, homes, came }))
}

/// A column that refers to a thing: where the thing has its key, and where the other says it.
struct Way {
    home: Home,
    key: (String, String),
    table: String,
    column: String,
}

/// The columns that held the key of the one thing in the rows of its other, and the key of the second thing in the
/// rows of its. A value that is equal by chance is not so twice.
fn ways(first: &Pair, second: &Pair, read: &ReadSet) -> Vec<Way> {
    let mut ways = Vec::new();
    for home in &first.homes {
        let like = second.homes.iter().find(|h| h.table == home.table);
        let Some(like) = like else { continue };
        for (column, value) in home.keys() {
            let other = like.row.get(&column).cloned().flatten();
            let Some(other) = other.filter(|o| *o != value) else {
                continue;
            };
            for difference in first.came.iter().filter(|d| read.has(&d.table)) {
                let table = difference.table.to_string();
                let again = second.came.iter().find(|d| d.table.to_string() == table);
                let Some(again) = again else { continue };
                for name in &difference.came.columns {
                    let own = difference.table.primary_key.as_ref();
                    let is_own = own.is_some_and(|k| k.columns == [name.clone()]);
                    if !is_own
                        && table != home.table.to_string()
                        && has(&difference.came, name, &value)
                        && has(&again.came, name, &other)
                    {
                        ways.push(Way {
                            home: home.clone(),
                            key: (column.clone(), value.clone()),
                            table: table.clone(),
                            column: name.clone(),
                        });
                    }
                }
            }
        }
    }
    ways
}

fn has(rows: &Rows, column: &str, value: &str) -> bool {
    !with(rows, column, value).is_empty()
}

fn with(rows: &Rows, column: &str, value: &str) -> Vec<Vec<Option<String>>> {
    let Some(at) = rows.columns.iter().position(|c| c == column) else {
        return Vec::new();
    };
    let is = |row: &&Vec<Option<String>>| row.get(at).and_then(Option::as_deref) == Some(value);
    rows.rows.iter().filter(is).cloned().collect()
}

/// Removes a thing to which another belongs; whether that could be judged.
async fn ask(
    cx: &mut QuietCx,
    observer: &Observer,
    read: &ReadSet,
    kind: &str,
    other: &Other,
    findings: &mut Findings,
) -> Result<bool, Fault> {
    let Some(first) = pair(cx, observer, kind, other).await? else {
        return Ok(false);
    };
    // One more, so that the numbers of two kinds that are counted up together part.
    other.make(cx, &first.thing).await?;
    let Some(second) = pair(cx, observer, kind, other).await? else {
        return Ok(false);
    };
    let ways = ways(&first, &second, read);
    let Some(sent) = cx.planter().delete(&first.thing).await? else {
        return Ok(false);
    };
    if sent.status().is_none_or(|s| s >= 500) {
        findings.add(Draft {
            subject: format!("removing {} with {}", a(kind), a(&other.name())),
            saw: format!(
                "removing {} to which others belong breaks the service",
                a(kind)
            ),
            expected: "a removal, or a refusal that says why".to_owned(),
            actual: answer(&sent),
            manner: manner(&sent),
            evidence: vec![cx.seen("the removal", &sent)],
            ..Draft::default()
        });
        return Ok(true);
    }
    if !said_yes(&sent) {
        return Ok(true);
    }
    for way in ways {
        let tables = observer.tables().await?;
        let find = |name: &str| tables.iter().find(|t| t.to_string() == name);
        let (Some(home), Some(table)) = (find(&way.home.table.to_string()), find(&way.table))
        else {
            continue;
        };
        let (column, value) = &way.key;
        let still = observer.rows(home, &[]).await?;
        let left = observer.rows(table, &[]).await?;
        let left = with(&left, &way.column, value);
        // A row that is marked as removed is there.
        if has(&still, column, value) || left.is_empty() {
            continue;
        }
        let rows = Rows {
            table: way.table.clone(),
            columns: observer.rows(table, &[]).await?.columns,
            rows: left,
            cut: false,
        };
        findings.add(orphan(cx, kind, other, &way, &sent, rows));
    }
    Ok(true)
}

fn orphan(
    cx: &QuietCx,
    kind: &str,
    other: &Other,
    way: &Way,
    sent: &Exchange,
    rows: Rows,
) -> Draft {
    let (table, column) = (&way.table, &way.column);
    let (home, key) = (&way.home.table, &way.key.0);
    Draft {
        subject: format!("{kind} of {}", a(&other.name())),
        saw: format!(
            "{} is removed, and {} still refers to it",
            a(kind),
            a(&other.name())
        ),
        expected: format!("every `{column}` of `{table}` leads to a row of `{home}`"),
        actual: format!("{} rows lead nowhere", rows.rows.len()),
        evidence: vec![
            cx.seen("the removal", sent),
            rows.evidence("rows that refer to what is gone"),
            note(format!("`{home}` has no row with that `{key}` any more")),
        ],
        ..Draft::default()
    }
}

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::check::fan::children;
use crate::check::home::{Home, homes};
use crate::check::stock::Stock;
use crate::check::{Findings, LocksCx, a, note};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};
use crate::probe::Request;
use crate::probe::plant::{Planted, Wish, answer, said_yes};
use crate::probe::sql::Observer;
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Some services keep a number that could be counted: how many events a venue has, how many tickets were sold. Where
    /// the row of a thing has a number that moves by the same step with each other that is made for it, four more are
    /// made at once, at two copies of the service, held where they would write that row and let go together. The number
    /// must have moved once for each that was acknowledged.
    ///
    /// ## Why it matters
    /// A number that is kept beside what it counts is a copy, and a copy that is computed in the code is wrong after
    /// the first two requests that meet. Nobody notices until somebody counts.
    ///
    /// ## Passes
    /// ```text
    /// POST /events ×4      201, 201, 201, 201      and the venue's number of events has grown by 4
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /events ×4      201, 201, 201, 201      and the venue's number of events has grown by 1
    /// ```
    ///
    /// ## How to mend it
    /// Count when you are asked. Where that is too slow, let the database add (`SET events = events + 1`) in the same
    /// transaction as what is counted.
    pub static CHECK = {
        id: "schema.counter-drifts",
        summary: "a number that is kept does not say any more what it counts",
        concept: "anomalies",
        severity: High,
        needs: [created_differs::CHECK],
        world: Replicas,
        alone: Locks,
        runtimes: RAISED,
        refs: ["Yang et al., ICSE 2018", "Berenson et al., A critique of ANSI SQL isolation levels, SIGMOD 1995"],
        hints: [
            "Which of your columns could be counted from other rows, and who makes sure that it still is?",
            "A derived number is either counted when asked for, or changed by the database in the same transaction.",
            "Replace the computed value in the UPDATE by an expression over the column itself, or drop the column.",
        ],
        run,
    }
}

/// So many at once.
const AT_ONCE: usize = 4;
/// A stock that does not end while it is looked at.
const PLENTY: u64 = 1000;

async fn run(cx: &mut LocksCx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        let why = "there is no database to look at".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let pack = cx.pack();
    let plantable = cx.planter().plantable();
    let mut findings = cx.findings();
    let mut counters = 0;
    for name in &plantable {
        for (child, _) in children(&pack, &plantable, name) {
            let hub = Arc::new(control!(cx.planter().plant(name).await?));
            let way = Way::Child(child);
            counters += control!(way.judge(cx, &observer, &hub, &mut findings).await?);
        }
    }
    for limited in &pack.limited {
        if let Some(stock) = Stock::of(&pack, limited) {
            let Some(hub) = control!(stock.open(cx, PLENTY).await?) else {
                continue;
            };
            let way = Way::Taken(stock);
            counters += control!(way.judge(cx, &observer, &hub, &mut findings).await?);
        }
    }
    if counters == 0 {
        let why = "no column was found that counts other rows".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// How a number is made to move.
enum Way<'p> {
    /// A thing of this kind is made that belongs to the one with the number.
    Child(String),
    /// One is taken of it.
    Taken(Stock<'p>),
}

impl Way<'_> {
    fn name(&self) -> String {
        let name = match self {
            Self::Child(child) => child,
            Self::Taken(stock) => &stock.taker.name,
        };
        name.replace('_', " ")
    }

    /// A request that makes it move once; none where there is no honest one.
    async fn request(&self, cx: &mut LocksCx, of: &Arc<Planted>) -> Result<Option<Request>, Fault> {
        let child = match self {
            Self::Taken(stock) => {
                let one = stock.one(cx, of).await?;
                return Ok(one.ok().flatten().map(|(_, request)| request));
            }
            Self::Child(child) => child,
        };
        let pack = cx.pack();
        let plantable = cx.planter().plantable();
        let mut all = children(&pack, &plantable, &of.entity).into_iter();
        let Some((_, role)) = all.find(|(name, _)| name == child) else {
            return Ok(None);
        };
        let wish = Wish {
            parents: IndexMap::from([(role, Arc::clone(of))]),
            ..Wish::default()
        };
        let ready = cx.planter().prepare(child, wish).await?;
        Ok(ready.ok().map(|r| r.request()))
    }

    /// Looks for numbers that move, and makes them move at once; how many there are.
    async fn judge(
        &self,
        cx: &mut LocksCx,
        observer: &Observer,
        hub: &Arc<Planted>,
        findings: &mut Findings,
    ) -> Result<Result<usize, String>, Fault> {
        let Some(home) = homes(cx, observer, hub).await?.into_iter().next() else {
            return Ok(Ok(0));
        };
        let mut seen = vec![numbers(observer, &home).await?];
        for _ in 0..3 {
            let Some(request) = self.request(cx, hub).await? else {
                return Ok(Ok(0));
            };
            let sent = request.send().await?;
            if !said_yes(&sent) {
                return Ok(Err(format!(
                    "making a {} answered {}",
                    self.name(),
                    answer(&sent)
                )));
            }
            seen.push(numbers(observer, &home).await?);
        }
        let steps = steps(&seen);
        if steps.is_empty() {
            return Ok(Ok(0));
        }
        let mut requests = Vec::new();
        for n in 0..AT_ONCE {
            let request = self.request(cx, hub).await?;
            requests.extend(request.map(|r| r.at(&cx.replica(n))));
        }
        let before = numbers(observer, &home).await?;
        let Some(rush) = cx.rush(&home.table, requests).await? else {
            return Ok(Err(format!(
                "somebody holds `{}` and does not let go",
                home.table
            )));
        };
        let accepted = rush.answers.iter().filter(|e| said_yes(e)).count();
        let after = numbers(observer, &home).await?;
        if accepted == 0 {
            return Ok(Err("of requests that met none was acknowledged".to_owned()));
        }
        for (column, step) in &steps {
            let (Some(was), Some(is)) = (before.get(column), after.get(column)) else {
                continue;
            };
            #[expect(clippy::cast_precision_loss, reason = "a handful of requests")]
            let right = was + step * accepted as f64;
            if (is - right).abs() < 0.005 {
                continue;
            }
            let kind = &hub.entity;
            let answers: Vec<String> = rush.answers.iter().map(answer).collect();
            let mut evidence = vec![note(format!(
                "{AT_ONCE} requests at once, {} of them waited for `{}`: {}",
                rush.waited,
                home.table,
                answers.join(", ")
            ))];
            let first = rush.answers.iter().find(|e| said_yes(e));
            evidence.extend(first.map(|e| cx.seen("one of those that were acknowledged", e)));
            findings.add(Draft {
                subject: format!("a number of {kind} that counts {}", self.name()),
                saw: format!(
                    "a number that {} keeps does not move with what it counts",
                    a(kind)
                ),
                expected: format!("`{column}` of `{}` is {right}", home.table),
                actual: format!("{is}: {accepted} were acknowledged, from {was} on"),
                evidence,
                ..Draft::default()
            });
        }
        Ok(Ok(steps.len()))
    }
}

/// The numbers in the row of a thing as it is now, by column.
async fn numbers(observer: &Observer, home: &Home) -> Result<BTreeMap<String, f64>, Fault> {
    let rows = observer.rows(&home.table, &[]).await?;
    let keys = home.keys();
    let mine = |row: &&Vec<Option<String>>| {
        keys.first().is_some_and(|(column, value)| {
            let at = rows.columns.iter().position(|c| c == column);
            at.is_some_and(|at| row.get(at).and_then(Option::as_ref) == Some(value))
        })
    };
    let Some(row) = rows.rows.iter().find(mine) else {
        return Ok(BTreeMap::new());
    };
    let cells = rows.columns.iter().zip(row);
    let number = |(column, cell): (&String, &Option<String>)| {
        Some((column.clone(), cell.as_ref()?.parse().ok()?))
    };
    Ok(cells.filter_map(number).collect())
}

/// The columns that moved each time by the same step, and that step. What is as large as a time is none.
fn steps(seen: &[BTreeMap<String, f64>]) -> Vec<(String, f64)> {
    let Some(first) = seen.first().filter(|_| seen.len() > 3) else {
        return Vec::new();
    };
    let step = |column: &String| {
        let values: Option<Vec<f64>> = seen.iter().map(|s| s.get(column).copied()).collect();
        let values = values?;
        let step = values.get(1)? - values.first()?;
        let even = values
            .windows(2)
            .all(|w| (w[1] - w[0] - step).abs() < 0.005);
        let small = values.iter().all(|v| v.abs() < 1e8);
        (even && small && step.abs() > 0.005).then(|| (column.clone(), step))
    };
    first.keys().filter_map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_what_moves_evenly() {
        let at = |events: f64, random: f64| {
            BTreeMap::from([
                ("events".to_owned(), events),
                ("random".to_owned(), random),
                ("id".to_owned(), 7.0),
                ("seconds".to_owned(), 1.7e9 + events),
            ])
        };
        let seen = [at(0.0, 5.0), at(1.0, 9.0), at(2.0, 1.0), at(3.0, 0.0)];
        assert_eq!(steps(&seen), [("events".to_owned(), 1.0)]);
        assert!(steps(&seen[..3]).is_empty());
    }
}

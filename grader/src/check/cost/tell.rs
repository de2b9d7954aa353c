//! Telling what grows: the statement, the plan, the counts, and the index that would cure it.

use super::super::{Cx, note};
use super::cause::Cure;
use super::growth::{Costly, Grown, Growth};
use crate::model::{Draft, Evidence};
use crate::probe::plan::Node;
use crate::probe::sql::Best;

/// Longest first line of a finding.
const LONGEST: usize = 99;

/// A missing index. One cause, however many requests it makes slow.
pub(crate) fn missing(
    cx: &Cx,
    growth: &Growth,
    (costly, grown): (&Costly, &Grown),
    (cure, best): (&Cure, &Best),
) -> Draft {
    let keys = cure.keys.join(", ").replace('"', "");
    let mut evidence = evidence(cx, growth, costly, grown);
    evidence.push(plan(&best.plan, &cure.table));
    evidence.push(note(format!(
        "with `{}` it reads {} rows (tried in a transaction that was taken back)",
        cure.sql, cure.rows
    )));
    Draft {
        subject: format!("{} by {keys}", cure.table),
        touches: vec![costly.ask.about.clone()],
        saw: cut(format!(
            "{} reads {} row by row: nothing finds rows by {keys}",
            costly.ask.about, cure.table
        )),
        expected: format!(
            "the same few rows are read, however many there are in {}",
            cure.table
        ),
        actual: format!("it read {} rows", counts(&grown.read)),
        note: Some(format!("This index would cure it: {}", cure.sql)),
        evidence,
        ..Draft::default()
    }
}

/// What a finding about a statement rests on: the exchange, the statement, the counts.
pub(crate) fn evidence(cx: &Cx, growth: &Growth, costly: &Costly, grown: &Grown) -> Vec<Evidence> {
    vec![
        cx.seen(
            "the request, when the tables were fullest",
            &costly.exchange,
        ),
        Evidence::Statements {
            says: "the statement that reads more and more".to_owned(),
            statements: vec![grown.statement.clone()],
        },
        Evidence::Growth {
            says: format!(
                "it read {} rows and gave {}, while there were {} rows in all tables",
                counts(&grown.read),
                counts(&grown.given),
                counts(&sizes(growth))
            ),
            what: "rows read".to_owned(),
            against: "rows in all tables".to_owned(),
            points: sizes(growth).into_iter().zip(grown.read.clone()).collect(),
        },
    ]
}

/// The step of a plan that reads most of a table, as evidence; of any table where none is named.
pub(crate) fn plan(plan: &Node, table: &str) -> Evidence {
    let of = |n: &&Node| {
        let name = n.relation.as_deref().unwrap_or_default();
        table.is_empty() || table.ends_with(&format!(".{name}"))
    };
    let worst = plan
        .scans()
        .filter(of)
        .max_by(|a, b| a.read.total_cmp(&b.read));
    let line = worst.map_or_else(|| plan.line(), Node::line);
    note(format!(
        "its best plan, with every index that is there: {line}"
    ))
}

/// `610, 1210 and 2410`.
pub(crate) fn counts(counts: &[f64]) -> String {
    let all: Vec<String> = counts.iter().map(|n| format!("{n:.0}")).collect();
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "no".to_owned(),
    }
}

/// Rows of all tables at each size.
fn sizes(growth: &Growth) -> Vec<f64> {
    let sum = |f: &Vec<crate::probe::sql::Filled>| f.iter().map(|t| t.rows as f64).sum();
    growth.filled.iter().map(sum).collect()
}

/// A first line that is not too long.
pub(crate) fn cut(line: String) -> String {
    if line.chars().count() <= LONGEST {
        return line;
    }
    let short: String = line.chars().take(LONGEST - 1).collect();
    format!("{short}…")
}

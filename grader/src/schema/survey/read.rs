//! Which tables the service looks at when somebody only reads.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Played;
use crate::model::Fault;
use crate::probe::Planter;
use crate::probe::catalog::Table;
use crate::probe::trace::Trace;
use crate::runtime::postgres::Database;

/// Things of each kind that are read: several, since a branch may be taken for one and not for another.
const MOST: usize = 3;

/// The relations that the plans of reading requests name. Plans do not name schemas, so a table counts as read when
/// one with its name is.
pub(super) struct Reads {
    names: BTreeSet<String>,
    /// More statements than are kept, or no plans: then every table counts as read.
    all: bool,
}

impl Reads {
    /// Whether a reading request looks at this table.
    pub(super) fn see(&self, table: &Table) -> bool {
        let mut leaves = table.leaves.iter();
        self.all
            || self.names.contains(&table.name)
            || leaves.any(|(_, leaf)| self.names.contains(leaf))
    }
}

/// Asks everything that reads, and looks at the plans of what the service asked in turn.
pub(super) async fn looked_at(
    database: &Database,
    planter: &mut Planter,
    played: &Played,
) -> Result<Reads, Fault> {
    let trace = Trace::open(database).await?;
    for op in planter.plain() {
        planter.bare(&op).await?;
    }
    let mut counts = vec![
        0;
        played
            .facts
            .things
            .iter()
            .map(|t| t.kind + 1)
            .max()
            .unwrap_or(0)
    ];
    for (thing, planted) in played.facts.things.iter().zip(&played.planted) {
        counts[thing.kind] += 1;
        let Some(planted) = planted.as_ref().filter(|_| counts[thing.kind] <= MOST) else {
            continue;
        };
        planter.read_everything(planted).await?;
    }
    let traced = trace.close().await?;
    let plans = traced.statements.iter().filter_map(|s| s.plan.as_ref());
    let mut names = BTreeSet::new();
    for plan in plans {
        relations(plan, &mut names);
    }
    Ok(Reads {
        all: traced.cut || names.is_empty(),
        names,
    })
}

/// Every relation that a plan reads. A node that writes names what it writes to; what it reads stands below it.
fn relations(plan: &Value, names: &mut BTreeSet<String>) {
    match plan {
        Value::Object(node) => {
            let writes = node.get("Node Type").is_some_and(|t| t == "ModifyTable");
            if let Some(name) = node
                .get("Relation Name")
                .and_then(Value::as_str)
                .filter(|_| !writes)
            {
                names.insert(name.to_owned());
            }
            node.values().for_each(|below| relations(below, names));
        }
        Value::Array(all) => all.iter().for_each(|below| relations(below, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_to_is_not_read() {
        let scan = json!({"Node Type": "Seq Scan", "Relation Name": "events"});
        let write = json!({"Node Type": "ModifyTable", "Relation Name": "log", "Plans": [scan]});
        let mut names = BTreeSet::new();
        relations(&json!({"Plan": write}), &mut names);
        assert_eq!(names, BTreeSet::from(["events".to_owned()]));
    }
}

//! What becomes of copies when the fact is changed through the API.

use std::sync::Arc;

use serde_json::Value;

use super::Survey;
use crate::model::{Exchange, Fault};
use crate::probe::Planter;
use crate::probe::plant::{Planted, said_yes};
use crate::probe::sql::Observer;
use crate::schema::judge::Flaw;

/// What a change of a fact did to the rows that repeat it.
#[derive(Debug, Clone)]
pub struct Aftermath {
    /// The fact, in the domain's words.
    pub fact: String,
    /// The request that changed it.
    pub exchange: Exchange,
    /// Rows of the flawed table that had the old value before.
    pub before: usize,
    /// Those that have it still.
    pub stale: usize,
}

impl Survey {
    /// Changes a fact that stands twice, of the thing whose copies are most, and counts the rows that kept its old
    /// value. None where the API cannot change it, or the tables do not show it.
    ///
    /// # Errors
    /// When a request cannot be formed or the tables cannot be read.
    pub async fn aftermath(
        &self,
        flaw: &Flaw,
        planter: &mut Planter,
        observer: &Observer,
    ) -> Result<Option<Aftermath>, Fault> {
        for (kind, fact) in &flaw.facts {
            let said = &self.labels.domain.kinds[*kind].facts[*fact];
            if !said.changes {
                continue;
            }
            let Some((thing, before)) = self.most_copied(flaw, *kind, *fact) else {
                continue;
            };
            let Some(planted) = known(planter, thing).await? else {
                continue;
            };
            let Some(to) = planter.another(&planted, &said.name) else {
                continue;
            };
            let changed = planter.change_to(&planted, &said.name, &to).await?;
            let Some(changed) = changed.filter(|c| said_yes(&c.exchange)) else {
                continue;
            };
            let Some(old) = planted.facts.get(&said.name).map(plain) else {
                continue;
            };
            let kind = &self.labels.domain.kinds[*kind].name;
            return Ok(Some(Aftermath {
                fact: format!("{kind}.{}", said.name),
                exchange: changed.exchange,
                before,
                stale: rows_with(flaw, observer, &old).await?,
            }));
        }
        Ok(None)
    }

    /// The thing whose value of this fact stands in most rows of the flawed table, and how many.
    fn most_copied(&self, flaw: &Flaw, kind: usize, fact: usize) -> Option<(&Arc<Planted>, usize)> {
        let stored = self
            .stored
            .iter()
            .find(|s| s.table.to_string() == flaw.table)?;
        let all = &self.labels.facts.things;
        // Twins share values on purpose: rows that have this one must be about this thing.
        let alone = |value: &Value| {
            let mut facts = all.iter().flat_map(|t| t.facts.iter().flatten());
            facts.by_ref().filter(|v| *v == value).count() == 1
        };
        let things = all.iter().zip(&self.planted);
        let own =
            things.filter(|(t, _)| t.kind == kind && t.facts[fact].as_ref().is_some_and(alone));
        let counted = own.filter_map(|(thing, planted)| {
            let value = plain(thing.facts.get(fact)?.as_ref()?);
            let has = |row: &&Vec<Option<String>>| row.iter().flatten().any(|c| *c == value);
            Some((
                planted.as_ref()?,
                stored.rows.rows.iter().filter(has).count(),
            ))
        });
        counted.filter(|(_, n)| *n > 1).max_by_key(|(_, n)| *n)
    }
}

/// The thing with the key that its update takes.
async fn known(planter: &mut Planter, thing: &Arc<Planted>) -> Result<Option<Planted>, Fault> {
    if thing.key.is_some() {
        return Ok(Some(Planted::clone(thing)));
    }
    Ok(planter.identify(Planted::clone(thing)).await?.ok())
}

async fn rows_with(flaw: &Flaw, observer: &Observer, old: &str) -> Result<usize, Fault> {
    let tables = observer.tables().await?;
    let Some(table) = tables.iter().find(|t| t.to_string() == flaw.table) else {
        return Ok(0);
    };
    let rows = observer.rows(table, &[]).await?;
    let has = |row: &&Vec<Option<String>>| row.iter().flatten().any(|c| c == old);
    Ok(rows.rows.iter().filter(has).count())
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

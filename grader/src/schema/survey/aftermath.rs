//! What becomes of copies when the fact is changed through the API.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::Survey;
use crate::model::{Exchange, Fault};
use crate::probe::Planter;
use crate::probe::plant::{Planted, said_yes};
use crate::probe::sql::Observer;
use crate::schema::judge::{Copied, Flaw};

/// How many things refer to the one whose fact is changed.
const COPIES: usize = 3;

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
    /// Changes a fact that stands twice and counts the rows that kept its old value. None where the API cannot change
    /// it, or the tables do not show it.
    ///
    /// # Errors
    /// When a request cannot be formed or the tables cannot be read.
    pub async fn aftermath(
        &self,
        flaw: &Flaw,
        planter: &mut Planter,
        observer: &Observer,
    ) -> Result<Option<Aftermath>, Fault> {
        for copied in &flaw.facts {
            let kind = &self.labels.domain.kinds[copied.kind];
            let said = &kind.facts[copied.fact];
            if !said.changes {
                continue;
            }
            let Some(thing) = self.much_copied(copied, planter).await? else {
                continue;
            };
            let Some(old) = thing.facts.get(&said.name).map(plain) else {
                continue;
            };
            let before = rows_with(flaw, observer, &old).await?;
            let Some(to) = planter.another(&thing, &said.name).filter(|_| before > 1) else {
                continue;
            };
            let changed = planter.change_to(&thing, &said.name, &to).await?;
            let Some(changed) = changed.filter(|c| said_yes(&c.exchange)) else {
                continue;
            };
            return Ok(Some(Aftermath {
                fact: format!("{}.{}", kind.name, said.name),
                exchange: changed.exchange,
                before,
                stale: rows_with(flaw, observer, &old).await?,
            }));
        }
        Ok(None)
    }

    /// A new thing with values of its own, to which several others refer by the way along which its fact is copied.
    async fn much_copied(
        &self,
        copied: &Copied,
        planter: &mut Planter,
    ) -> Result<Option<Planted>, Fault> {
        let kinds = &self.labels.domain.kinds;
        let made = planter.plant(&kinds[copied.kind].name).await?;
        let Ok(thing) = made else { return Ok(None) };
        let thing = Arc::new(thing);
        let mut way = vec![copied.root];
        for step in &copied.path {
            let last = way.last().map(|kind| kinds[*kind].refs[*step].kind);
            way.extend(last);
        }
        for _ in 0..COPIES {
            let mut below = Arc::clone(&thing);
            for (kind, step) in way.iter().zip(&copied.path).rev() {
                let role = kinds[*kind].refs[*step].role.clone();
                let parents = IndexMap::from([(role, below)]);
                match planter.plant_under(&kinds[*kind].name, parents).await? {
                    Ok(made) => below = Arc::new(made),
                    Err(_) => return Ok(None),
                }
            }
        }
        if thing.key.is_some() {
            return Ok(Some(Planted::clone(&thing)));
        }
        Ok(planter.identify(Planted::clone(&thing)).await?.ok())
    }
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
    let text = value.as_str().map(str::to_owned);
    text.unwrap_or_else(|| value.to_string())
}

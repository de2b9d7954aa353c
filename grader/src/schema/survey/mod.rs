//! What is known of a learner's schema: the plan played through the API, the tables read, labelled and judged.
//!
//! It is taken once a run, in a world where nobody else asks anything, so that every row in it is one of ours or the
//! service's own.

mod aftermath;
mod held;
mod picture;
mod play;
mod read;

use std::sync::Arc;

use super::domain::{Domain, View};
use super::judge::{Judgement, Policies, judge};
use super::label::{Labels, Stored};
use super::plan::{Certificate, Plan};
use crate::model::{Exchange, Fault};
use crate::probe::Planter;
use crate::probe::catalog::Catalog;
use crate::probe::plant::Planted;
use crate::probe::sql::Observer;
use crate::runtime::postgres::Database;
use crate::runtime::{Stop, Trouble, World};

pub use aftermath::Aftermath;
pub use held::Held;
use play::Played;

/// Sequences begin far from each other, so that no key of one table is by accident one of another.
const FIRST: i64 = 50_000_017;
/// Between two sequences.
const APART: i64 = 1_000_003;

/// What was found in the tables.
#[derive(Debug)]
pub struct Survey {
    /// What is declared in the database.
    pub catalog: Catalog,
    /// The base tables that hold anything of ours or might: migration tools' own books are left out.
    pub stored: Vec<Stored>,
    /// What each column holds.
    pub labels: Labels,
    /// What is wrong.
    pub judgement: Judgement,
    /// What is proven of what was planted.
    pub certificate: Certificate,
    /// Calls of the plan to which the service did not say yes, with what it said.
    pub refused: Vec<Refusal>,
    /// Things as they were planted, by their number; none for those that only a request's part can be.
    pub planted: Vec<Option<Arc<Planted>>>,
}

/// A call of the plan that was not carried out.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Why, in one sentence.
    pub why: String,
    /// The exchange, where there was one.
    pub exchange: Option<Exchange>,
}

impl Survey {
    /// Plants, reads, labels and judges. The world must be new: nobody has asked anything in it but whether it is up.
    ///
    /// # Errors
    /// A story when the service does not come up again in between; `Unsupported` where there is no database of ours
    /// to look into; a fault of ours.
    pub async fn take(world: &World, mut planter: Planter, seed: u64) -> Result<Self, Trouble> {
        let Some(database) = world.database() else {
            return Err(Trouble::Unsupported(
                "there is no database to look into".to_owned(),
            ));
        };
        let pack = planter.pack();
        let (domain, plan) = (Domain::of(&pack), Plan::of(&pack, seed));
        let observer = Observer::connect(database).await?;
        spread(database, &observer.catalog().await?).await?;
        let played = play::play(&mut planter, &domain, &plan).await?;
        // What a service only remembers is gone after this, and its reads must look into the tables.
        world.restart(Stop::Term).await?;
        planter
            .http()
            .journal()
            .moved(planter.http().base(), &world.base_url(0));
        planter.move_to(&world.base_url(0));
        let reads = read::looked_at(database, &mut planter, &played).await?;
        let catalog = observer.catalog().await?;
        let mut stored = Vec::new();
        for table in catalog.tables.iter().filter(|t| !t.is_bookkeeping()) {
            let rows = observer.rows(table, &[]).await?;
            let read = reads.see(table);
            let table = table.clone();
            stored.push(Stored { table, rows, read });
        }
        Ok(Self::of(&domain, played, catalog, stored))
    }

    fn of(domain: &Domain, played: Played, catalog: Catalog, stored: Vec<Stored>) -> Self {
        let labels = Labels::of(domain, &played.facts, &stored);
        let judgement = judge(&labels, &stored, Policies(true));
        let views: Vec<View> = (0..domain.kinds.len())
            .map(|k| View::of(domain, k))
            .collect();
        Self {
            catalog,
            stored,
            labels,
            judgement,
            certificate: Certificate::of(&views, &played.facts),
            refused: played.refused,
            planted: played.planted,
        }
    }

    /// Why a table's silence proves nothing, where it does not: something could not be planted, or it is not clear
    /// what a column holds.
    pub fn doubt(&self) -> Option<String> {
        if let Some(refused) = self.refused.first() {
            return Some(format!("not everything could be planted: {}", refused.why));
        }
        self.judgement.unsure.first().cloned()
    }
}

async fn spread(database: &Database, catalog: &Catalog) -> Result<(), Fault> {
    let operator = database.server()?.operator();
    for (n, sequence) in (1..).zip(&catalog.sequences) {
        let next = FIRST + APART * n;
        // A small sequence stays as it is: its numbers may then be another table's too, and labelling says so.
        if sequence.step > 0 && next < sequence.max / 2 {
            operator
                .set_sequence(database, &sequence.schema, &sequence.name, next)
                .await?;
        }
    }
    Ok(())
}

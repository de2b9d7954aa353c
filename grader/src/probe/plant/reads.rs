//! Everything that only reads and is about one thing.

use super::stop::inward;
use super::{Near, Planted, Planter, Wanted, ask};
use crate::model::{Exchange, Fault};
use crate::pack::{Method, OpId, Operation, Paging, ParamPlace};
use crate::probe::sample;

impl Planter {
    /// Asks every GET that is about this thing: its own, its list, its list by each filter, and whatever stands under
    /// its address (`GET /venues/{id}/sales`).
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn read_everything(&mut self, of: &Planted) -> Result<Vec<Exchange>, Fault> {
        let pack = self.pack();
        let mut seen: Vec<Exchange> = self.read(of).await?.into_iter().collect();
        let list = self.entity(of).and_then(|e| e.list.as_ref());
        if let Some(operation) = list.and_then(|l| pack.op(&l.op)) {
            seen.extend(self.list(of).await?);
            for name in filters(operation) {
                let value = self.filter_value(of, operation, &name);
                let wanted = Wanted::default().with(&name, value);
                if let Some(mut pages) = self.pages(&pack, of, &wanted) {
                    seen.extend(pages.next(self).await?.map(|page| page.exchange));
                }
            }
        }
        for op in self.under(of) {
            seen.extend(self.ask_under(of, &op).await?);
        }
        Ok(seen)
    }

    /// A value for a filter: what is known of the thing under its name, else one that the contract allows.
    fn filter_value(&mut self, of: &Planted, op: &Operation, name: &str) -> String {
        let known = self.told(of, name);
        let declared = op.param(ParamPlace::Query, name);
        let value = known.or_else(|| {
            let schema = &declared?.schema.value;
            Some(sample::value(
                &self.pack.contract,
                schema,
                name,
                &mut self.rng,
            ))
        });
        super::exact::text(&value.unwrap_or_default())
    }

    /// The GETs whose path goes on where this thing's own address ends.
    fn under(&self, of: &Planted) -> Vec<OpId> {
        let read = self.entity(of).and_then(|e| e.read.as_ref());
        let Some(own) = read.and_then(|r| self.pack.op(&r.op)) else {
            return Vec::new();
        };
        let below = |o: &&Operation| {
            let segments = &o.path.segments;
            let longer = segments.len() > own.path.segments.len();
            let gets = o.method == Method::Get && !self.is_owned(&o.id);
            longer && gets && segments.starts_with(&own.path.segments)
        };
        let all = self.pack.contract.operations.iter().filter(below);
        all.map(|o| o.id.clone()).collect()
    }

    async fn ask_under(&mut self, of: &Planted, op: &OpId) -> Result<Option<Exchange>, Fault> {
        let pack = self.pack();
        let read = self.entity(of).and_then(|e| e.read.clone());
        let (Some(call), Ok(mut draft)) = (read, self.draft(op, &pack)) else {
            return Ok(None);
        };
        if !ask::bind(&mut draft, &call, of.key.as_ref(), &of.facts, &of.parents) {
            return Ok(None);
        }
        self.supply(&mut draft, Some(of));
        inward(
            self.ask_near(&draft, Near::Made(of.by), Some(&of.created))
                .await,
        )
    }
}

/// The parameters of a list that say what shall be on it.
fn filters(operation: &Operation) -> Vec<String> {
    let listing = operation.listing.as_ref();
    let turns = |name: &str| {
        listing.is_some_and(|l| {
            let page = match &l.paging {
                Paging::None => None,
                Paging::Cursor { param, .. }
                | Paging::Offset { param }
                | Paging::Page { param, .. } => Some(param),
            };
            l.limit.as_deref() == Some(name) || page.is_some_and(|p| p == name)
        })
    };
    let optional = operation.params.iter();
    let optional = optional.filter(|p| p.place == ParamPlace::Query && !p.required);
    optional
        .filter(|p| !turns(&p.name))
        .map(|p| p.name.clone())
        .collect()
}

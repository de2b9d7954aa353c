//! Many things of one kind.

use indexmap::IndexMap;
use serde_json::Value;

use super::{Planted, Planter, Planting, Wish};
use crate::model::Fault;

impl Planter {
    /// Makes so many things of this entity that belong to the same things.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn crowd(
        &mut self,
        entity: &str,
        count: usize,
    ) -> Result<Planting<Vec<Planted>>, Fault> {
        self.crowd_as(entity, vec![IndexMap::new(); count]).await
    }

    /// Makes a thing for each of these sets of facts; all belong to the same things.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub async fn crowd_as(
        &mut self,
        entity: &str,
        each: Vec<IndexMap<String, Value>>,
    ) -> Result<Planting<Vec<Planted>>, Fault> {
        let mut crowd: Vec<Planted> = Vec::new();
        for facts in each {
            let parents = crowd.first().map(|first| first.parents.clone());
            let wish = Wish {
                parents: parents.unwrap_or_default(),
                facts,
                ..Wish::default()
            };
            match self.plant_as(entity, wish).await? {
                Ok(one) => crowd.push(one),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(crowd))
    }
}

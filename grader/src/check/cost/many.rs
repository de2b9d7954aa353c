//! The same request with 5, 10, 20 and 40 things to show: how many statements it takes.

use std::sync::Arc;

use indexmap::IndexMap;

use super::super::{Cx, QuietCx};
use super::ask::{Ask, Prepared, What};
use super::growth::{Seen, see};
use super::parts::{plentiful, recipe};
use super::scene::{ancestry, free_parents, is_free, reads};
use crate::model::{Exchange, Fault, Statement};
use crate::pack::{Entity, OpId, Pack};
use crate::probe::plant::{Planted, Planting, Size, Wanted, said_yes};

/// How many things there are to show.
pub(crate) const SHOWN: [usize; 4] = [5, 10, 20, 40];

/// How many parts a thing is made with.
pub(crate) const PARTS: [usize; 4] = [2, 4, 8, 16];

/// One request at several sizes.
pub(crate) struct Series {
    pub(crate) op: OpId,
    /// As a reader names it.
    pub(crate) about: String,
    /// What there were more and more of: `lines`.
    pub(crate) of: String,
    /// How many, and how many statements.
    pub(crate) points: Vec<(usize, usize)>,
    /// The largest: its exchange, and the statement that was sent most often, with how often.
    pub(crate) exchange: Exchange,
    pub(crate) often: Option<(Statement, usize)>,
}

/// All requests that show many of something. The reason where something cannot be planted.
pub(crate) async fn series(cx: &mut QuietCx) -> Result<Planting<Vec<Series>>, Fault> {
    let pack = cx.pack();
    let mut all = Vec::new();
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name) else {
            continue;
        };
        if entity.list.as_ref().is_some_and(is_free) {
            match pages(cx, &pack, entity).await? {
                Ok(series) => all.extend(series),
                Err(why) => return Ok(Err(why)),
            }
        }
        if !entity.parents.is_empty() {
            match beside(cx, &pack, entity).await? {
                Ok(series) => all.extend(series),
                Err(why) => return Ok(Err(why)),
            }
        }
        all.extend(whole(cx, &pack, entity).await?);
    }
    for name in pack.links.keys() {
        all.extend(linked(cx, &pack, name).await?);
    }
    Ok(Ok(all))
}

/// How many statements one thing more takes, by least squares.
pub(crate) fn slope(points: &[(usize, usize)]) -> f64 {
    let n = points.len() as f64;
    let mean =
        |of: fn(&(usize, usize)) -> usize| points.iter().map(|p| of(p) as f64).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let both: f64 = points
        .iter()
        .map(|p| (p.0 as f64 - x) * (p.1 as f64 - y))
        .sum();
    let square: f64 = points.iter().map(|p| (p.0 as f64 - x).powi(2)).sum();
    if square > 0.0 { both / square } else { 0.0 }
}

/// Collects the points of several requests, round by round.
#[derive(Default)]
pub(crate) struct Rounds(IndexMap<String, Vec<(usize, Seen, OpId, String)>>);

impl Rounds {
    /// Asks once for nothing, where it is the first time, and once with a window open.
    pub(crate) async fn ask(
        &mut self,
        cx: &mut QuietCx,
        ask: &Ask,
        count: usize,
        of: &str,
    ) -> Result<(), Fault> {
        if !self.0.contains_key(&ask.about) {
            ask.send(cx, &Prepared::Nothing).await?;
        }
        let seen = see(cx, ask).await?;
        if let Some(seen) = seen.filter(|s| said_yes(&s.answer.exchange)) {
            let round = (count, seen, ask.op.clone(), of.to_owned());
            self.0.entry(ask.about.clone()).or_default().push(round);
        }
        Ok(())
    }

    /// The series that are whole.
    pub(crate) fn series(self, rounds: usize) -> Vec<Series> {
        let whole = |(about, all): (String, Vec<(usize, Seen, OpId, String)>)| {
            let points = all
                .iter()
                .map(|(n, seen, ..)| (*n, seen.sent().count()))
                .collect();
            let (_, last, op, of) = all.into_iter().nth(rounds - 1)?;
            let often = most_often(&last);
            Some(Series {
                op,
                about,
                of,
                points,
                exchange: last.answer.exchange,
                often,
            })
        };
        self.0.into_iter().filter_map(whole).collect()
    }
}

/// The text that was sent most often, with how often: values that stand in the text are not looked at.
fn most_often(seen: &Seen) -> Option<(Statement, usize)> {
    let mut often: IndexMap<String, (Statement, usize)> = IndexMap::new();
    for (statement, _) in seen.sent() {
        let shape: String = statement
            .sql
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .collect();
        let mut plain = statement.clone();
        plain.plan = None;
        often.entry(shape).or_insert((plain, 0)).1 += 1;
    }
    often.into_values().rev().max_by_key(|(_, n)| *n)
}

/// A list whose pages hold so many: of things that belong to different things.
async fn pages(
    cx: &mut QuietCx,
    pack: &Pack,
    entity: &Entity,
) -> Result<Planting<Vec<Series>>, Fault> {
    let op = entity.list.as_ref().and_then(|l| pack.op(&l.op));
    let listing = op.and_then(|o| Some((o, o.listing.as_ref()?)));
    let Some((op, listing)) = listing.filter(|(_, l)| l.limit.is_some()) else {
        return Ok(Ok(Vec::new()));
    };
    let most = SHOWN[3];
    if listing.max.is_some_and(|max| max < most as u64) {
        return Ok(Ok(Vec::new()));
    }
    let mut like = None;
    for _ in 0..most {
        match cx.planter().plant(&entity.name).await? {
            Ok(one) => like = Some(one),
            Err(why) => return Ok(Err(why)),
        }
    }
    let Some(of) = like else {
        return Ok(Ok(Vec::new()));
    };
    let mut rounds = Rounds::default();
    for count in SHOWN {
        let wanted = Wanted {
            query: Vec::new(),
            size: Size::Exactly(count.to_string()),
        };
        let ask = Ask {
            op: op.id.clone(),
            about: op.line(),
            of: of.clone(),
            what: What::List(wanted),
        };
        rounds.ask(cx, &ask, count, &plural(&entity.name)).await?;
    }
    // Control: the page held as many as were asked for.
    rounds
        .0
        .retain(|_, all| all.iter().all(|(n, seen, ..)| seen.answer.things == *n));
    Ok(Ok(rounds.series(SHOWN.len())))
}

/// More and more things that belong to the same things; what is above them is read, and their own list.
async fn beside(
    cx: &mut QuietCx,
    pack: &Pack,
    entity: &Entity,
) -> Result<Planting<Vec<Series>>, Fault> {
    let above = plentiful(cx, pack, entity).await?;
    let first = match cx.planter().plant_under(&entity.name, above).await? {
        Ok(first) => first,
        Err(why) => return Ok(Err(why)),
    };
    let mut asks: Vec<Ask> = Vec::new();
    for thing in ancestry(&first).into_iter().skip(1) {
        asks.extend(
            pack.entity(&thing.entity)
                .map(|e| reads(pack, e, &thing))
                .unwrap_or_default(),
        );
    }
    if let Some(op) = entity
        .list
        .as_ref()
        .filter(|l| !is_free(l))
        .and_then(|l| pack.op(&l.op))
    {
        let what = What::List(Wanted::default());
        asks.push(Ask {
            op: op.id.clone(),
            about: op.line(),
            of: first.clone(),
            what,
        });
    }
    let (mut rounds, mut made) = (Rounds::default(), 1);
    for count in SHOWN {
        while made < count {
            let parents = free_parents(pack, &first);
            if let Err(why) = cx.planter().plant_under(&entity.name, parents).await? {
                return Ok(Err(why));
            }
            made += 1;
        }
        for ask in &asks {
            rounds.ask(cx, ask, count, &plural(&entity.name)).await?;
        }
    }
    Ok(Ok(rounds.series(SHOWN.len())))
}

/// A thing with more and more parts, read.
async fn whole(cx: &mut QuietCx, pack: &Pack, entity: &Entity) -> Result<Vec<Series>, Fault> {
    let mut all = Vec::new();
    for part in pack.entities.values() {
        let Some(recipe) = recipe(cx, pack, entity, part, SHOWN[3]).await? else {
            continue;
        };
        let mut rounds = Rounds::default();
        for count in SHOWN {
            let Some(made) = recipe.make(cx, count).await? else {
                continue;
            };
            for ask in reads(pack, entity, &made.thing) {
                rounds.ask(cx, &ask, count, &plural(&part.name)).await?;
            }
        }
        all.extend(rounds.series(SHOWN.len()));
    }
    Ok(all)
}

/// A thing that is joined with more and more others, read.
async fn linked(cx: &mut QuietCx, pack: &Pack, name: &str) -> Result<Vec<Series>, Fault> {
    let mut all = Vec::new();
    let Some(link) = pack.links.get(name).filter(|l| l.set.is_some()) else {
        return Ok(all);
    };
    for (role, end) in &link.ends {
        let Ok(hub) = cx.planter().plant(&end.entity).await? else {
            continue;
        };
        let hub: Arc<Planted> = Arc::new(hub);
        let asks = pack
            .entity(&end.entity)
            .map(|e| reads(pack, e, &hub))
            .unwrap_or_default();
        let (mut rounds, mut made) = (Rounds::default(), 0);
        for count in SHOWN {
            while made < count {
                let ends = IndexMap::from([(role.clone(), Arc::clone(&hub))]);
                if cx.planter().link_between(name, ends).await?.is_err() {
                    return Ok(all);
                }
                made += 1;
            }
            for ask in &asks {
                rounds
                    .ask(
                        cx,
                        ask,
                        count,
                        &format!("{} entries", name.replace('_', " ")),
                    )
                    .await?;
            }
        }
        all.extend(rounds.series(SHOWN.len()));
    }
    Ok(all)
}

/// Making a thing with more and more parts.
pub(crate) async fn written(cx: &mut QuietCx) -> Result<Vec<Series>, Fault> {
    let pack = cx.pack();
    let mut all = Vec::new();
    for whole in pack.entities.values() {
        for part in pack.entities.values() {
            let Some(recipe) = recipe(cx, &pack, whole, part, PARTS[3]).await? else {
                continue;
            };
            let Some(op) = whole.create.as_ref().and_then(|c| pack.op(&c.op)) else {
                continue;
            };
            recipe.make(cx, PARTS[0]).await?;
            let mut rounds = Rounds::default();
            for count in PARTS {
                if let Some(seen) = made(cx, &recipe, count).await? {
                    let round = (count, seen, op.id.clone(), plural(&part.name));
                    rounds.0.entry(op.line()).or_default().push(round);
                }
            }
            all.extend(rounds.series(PARTS.len()));
        }
    }
    Ok(all)
}

async fn made(
    cx: &mut QuietCx,
    recipe: &super::parts::Recipe,
    count: usize,
) -> Result<Option<Seen>, Fault> {
    let trace = cx.trace().await?;
    let made = recipe.make(cx as &mut Cx, count).await?;
    let traced = trace.close().await?;
    Ok(made
        .filter(|_| !traced.cut)
        .map(|made| Seen::of(made.exchange, count, traced)))
}

fn plural(noun: &str) -> String {
    format!("{}s", noun.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_what_one_more_costs() {
        let lazy = [(5, 6), (10, 11), (20, 21), (40, 41)];
        assert!((slope(&lazy) - 1.0).abs() < 1e-9);
        let joined = [(5, 2), (10, 2), (20, 2), (40, 2)];
        assert!(slope(&joined).abs() < 1e-9);
        let in_chunks = [(5, 1), (10, 1), (20, 1), (40, 2)];
        assert!(slope(&in_chunks) < 0.1);
    }
}

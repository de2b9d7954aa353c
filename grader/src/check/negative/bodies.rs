//! Bodies with one thing wrong, asked once in a world for all checks that look at what came of them.

use std::sync::Arc;

use super::effect::{before, changed, stored};
use super::{Scene, Tried};
use crate::check::Cx;
use crate::model::{Exchange, Fault};
use crate::probe::plant::Way;
use crate::probe::sql::Hit;

/// What came of every such body, and what the refused ones left behind.
#[derive(Debug)]
pub(crate) struct Bodies {
    /// In the order in which they were asked.
    pub(crate) tried: Vec<Tried>,
    /// The first at each operation that left something behind although it was refused, and what.
    pub(crate) left: Vec<(Tried, Left)>,
}

/// What a refused request left behind.
#[derive(Debug, Clone)]
pub(crate) enum Left {
    /// Its texts stand in this row.
    Row(Hit),
    /// What is read is not what was read before: as it was, as it is.
    Changed(Box<[Exchange; 2]>),
}

impl Scene {
    /// Asks every body with one thing wrong at every operation, unless another check has done so in this world; then
    /// what came of that is taken over. Of a service that fell silent, ended or limited its answers meanwhile nothing is
    /// handed on: whoever looks next asks for themselves, and is judged by what happens to them.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn wrong_bodies(&mut self, cx: &mut Cx) -> Result<Arc<Bodies>, Fault> {
        let raised = Arc::clone(&cx.raised);
        if let Some(asked) = raised.bodies.get() {
            self.tried.clone_from(&asked.tried);
            return Ok(Arc::clone(asked));
        }
        let bodies = self.ask_bodies(cx).await?;
        let limited = |t: &Tried| t.exchange.status() == Some(429);
        let calm = self.silent == 0 && !bodies.tried.iter().any(limited);
        if calm && cx.processes() == self.processes {
            // Where two ask at once, the first to end is handed on.
            let _ = raised.bodies.set(Arc::clone(&bodies));
        }
        Ok(bodies)
    }

    async fn ask_bodies(&mut self, cx: &mut Cx) -> Result<Arc<Bodies>, Fault> {
        let mut left = Vec::new();
        for door in self.doors.clone() {
            let was = before(cx, &door).await?;
            for case in self.wrong(cx, &door) {
                self.ask(cx, &door, &case).await?;
            }
            // What logs in, resets and renews is looked after where accounts are.
            if door.way == Way::Other {
                continue;
            }
            if let Some((tried, hit)) = stored(cx, self, &door).await? {
                left.push((tried, Left::Row(hit)));
            }
            if let Some(was) = was
                && let Some((tried, is)) = changed(cx, self, &door, &was).await?
            {
                left.push((tried, Left::Changed(Box::new([was, is]))));
            }
        }
        let tried = self.tried.clone();
        Ok(Arc::new(Bodies { tried, left }))
    }
}

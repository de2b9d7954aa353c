//! What is told elsewhere already, so that one cause is told once.
//!
//! A check of odd values need not wait until all plainly wrong ones are refused: it leaves out the places where they are
//! not, and tells of the others. Only where something went wrong is anything more asked.

use std::collections::{BTreeMap, BTreeSet};

use super::{Scene, Tried, broke, taken};
use crate::check::Cx;
use crate::model::Fault;
use crate::pack::OpId;
use crate::probe::negative::{Case, Field, fields, numbers, texts};
use crate::probe::plant::{Door, Way};

/// That a value may be left out or null says nothing of what it may be.
const ABSENT: [&str; 2] = ["missing", "null"];

/// What no number should be, in an address and in a body.
const LARGE: [(&str, &str); 3] = [
    ("a number beyond 32 bits", "beyond 32 bits"),
    ("a number beyond 64 bits", "beyond 64 bits"),
    ("a number of 20 digits", "beyond 64 bits without a sign"),
];
/// What no text should hold, in an address and in a body.
const UNKEPT: [&str; 2] = ["U+0000", "a byte that is no UTF-8"];

impl Scene {
    /// Leaves out what is `wrong` at a place where any value comes through: of another type, or beyond a bound. That is
    /// told where plainly wrong values are asked, and of a place without a rule there is no more to say.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn leave_unruled(
        &mut self,
        cx: &mut Cx,
        wrong: impl Fn(&Tried) -> bool,
    ) -> Result<(), Fault> {
        let place = |t: &Tried| Some((t.op.clone(), t.case.edit.place()?.to_owned()));
        let all: BTreeSet<(OpId, String)> = self
            .tried
            .iter()
            .filter(|t| wrong(t))
            .filter_map(place)
            .collect();
        for (op, at) in all {
            let door = self.doors.iter().find(|d| d.op == op).cloned();
            let Some(door) = door else { continue };
            let own = |case: &Case| case.edit.place() == Some(&at);
            if self.is_unruled(cx, &door, own).await? {
                self.tried
                    .retain(|t| t.op != op || t.case.edit.place() != Some(&at));
            }
        }
        Ok(())
    }

    /// Leaves out what is `wrong` in addresses where bodies tell of it: a number or a text that is read by the same
    /// lines wherever it stands, and a parameter of the name of a property that has no rule.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn leave_told_of_bodies(
        &mut self,
        cx: &mut Cx,
        wrong: impl Fn(&Tried) -> bool,
    ) -> Result<(), Fault> {
        let bad: Vec<Tried> = self.tried.iter().filter(|t| wrong(t)).cloned().collect();
        let mut told: BTreeMap<&str, bool> = BTreeMap::new();
        for class in bad.iter().map(|t| t.case.class) {
            if !told.contains_key(class) {
                let breaks = self.breaks_in_bodies(cx, class).await?;
                told.insert(class, breaks);
            }
        }
        let mut unruled = BTreeSet::new();
        for (about, name) in bad
            .iter()
            .map(|t| (t.about(), t.case.at.clone()))
            .collect::<BTreeSet<_>>()
        {
            let doors = self
                .doors
                .iter()
                .filter(|d| d.about.as_ref() == Some(&about));
            for door in doors.cloned().collect::<Vec<_>>() {
                if self.is_unruled(cx, &door, |case| case.at == name).await? {
                    unruled.insert((about.clone(), name.clone()));
                }
            }
        }
        self.tried.retain(|t| {
            let by_class = told.get(t.case.class).copied().unwrap_or_default();
            let by_name = unruled.contains(&(t.about(), t.case.at.clone()));
            !(wrong(t) && (by_class || by_name))
        });
        Ok(())
    }

    /// Whether a plainly wrong value comes through in one of these cases.
    async fn is_unruled(
        &mut self,
        cx: &mut Cx,
        door: &Door,
        own: impl Fn(&Case) -> bool,
    ) -> Result<bool, Fault> {
        let cases = self.wrong(cx, door).into_iter();
        for case in cases.filter(|c| own(c) && !ABSENT.contains(&c.class)) {
            if self.comes_through(cx, door, &case).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether what is wrong with an address in this way breaks the service in some body as well.
    async fn breaks_in_bodies(&mut self, cx: &mut Cx, class: &str) -> Result<bool, Fault> {
        let pack = cx.pack();
        let large = LARGE.iter().find(|(address, _)| *address == class);
        let unkept = UNKEPT.contains(&class);
        let like = |field: &Field| -> Vec<Case> {
            let mut cases = match (large, unkept) {
                (Some(_), _) => numbers(&pack.contract, field),
                (None, true) => texts(&pack.contract, field),
                (None, false) => Vec::new(),
            };
            cases.retain(|c| c.class == large.map_or(class, |(_, body)| *body));
            cases
        };
        for door in self.doors.clone() {
            // What logs in and resets reads no ids, and counts how often it is asked.
            let Some(op) = pack.op(&door.op).filter(|_| door.way != Way::Other) else {
                continue;
            };
            for field in fields(&pack.contract, op, &door.body) {
                for case in like(&field) {
                    if self.comes_through(cx, &door, &case).await? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Whether a case breaks the service, or is taken against the contract.
    async fn comes_through(
        &mut self,
        cx: &mut Cx,
        door: &Door,
        case: &Case,
    ) -> Result<bool, Fault> {
        let tried = self.try_once(cx, door, case).await?;
        Ok(tried.is_some_and(|t| broke(&t) || taken(&t)))
    }
}

//! What a scene comes to: findings, told by their cause, or a verdict after its last controls.

use serde_json::Value;

use super::{Came, Scene, Tried, Words, broke, fold};
use crate::check::{Cx, Findings};
use crate::model::{Fault, Verdict};
use crate::probe::negative::Edit;
use crate::probe::plant::{Way, answer, said_yes};

impl Scene {
    /// Those that broke the service, as findings; and where there are none, whether the honest requests still work and
    /// the process is the same one (C~).
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn broken(&mut self, cx: &mut Cx, words: &Words) -> Result<Findings, Fault> {
        self.found(cx, words, broke).await
    }

    /// Those for which `wrong` holds, as findings.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn found(
        &mut self,
        cx: &mut Cx,
        words: &Words,
        wrong: impl Fn(&Tried) -> bool,
    ) -> Result<Findings, Fault> {
        let mut findings = cx.findings();
        for mut group in fold::fold(&self.tried, wrong) {
            self.shrink(&mut group).await?;
            findings.add(group.draft(cx, words));
        }
        Ok(findings)
    }

    /// The verdict on what was found, after C~.
    ///
    /// # Errors
    /// Only when a request cannot be formed.
    pub(crate) async fn close(
        mut self,
        cx: &mut Cx,
        findings: Findings,
        advice: Findings,
    ) -> Result<Verdict, Fault> {
        if !findings.is_empty() {
            return Ok(findings.verdict());
        }
        for door in self.doors.clone() {
            if door.way == Way::Other {
                continue;
            }
            let Some(door) = cx.planter().anew(&door).await? else {
                continue;
            };
            let honest = door.honest().send().await?;
            if !said_yes(&honest) {
                let (line, said) = (cx.line(&door.op), answer(&honest));
                self.doubt(format!(
                    "afterwards {line} answered {said} to an honest request"
                ));
            }
        }
        if cx.processes() != self.processes {
            self.doubt("the service's process is not the one that was asked before".to_owned());
        }
        Ok(match self.doubt {
            Some(control) => Verdict::Inconclusive { control },
            None if self.tried.is_empty() => Verdict::Skipped {
                why: "no operation of this contract takes such a request".to_owned(),
            },
            None if advice.is_empty() => Verdict::Pass { advice: Vec::new() },
            None => advice.advice(),
        })
    }

    /// Makes the request that shows a group smaller: each other member that can go, goes.
    async fn shrink(&mut self, group: &mut fold::Group) -> Result<(), Fault> {
        let Came::Broke(_) = group.shown.came else {
            return Ok(());
        };
        if self.silent > 0 || matches!(group.shown.case.edit, Edit::Whole(_) | Edit::Take(_)) {
            return Ok(());
        }
        let (Value::Object(members), Some(request)) =
            (group.shown.body.clone(), group.shown.request.clone())
        else {
            return Ok(());
        };
        let own = group.shown.case.edit.member().map(str::to_owned);
        for name in members
            .keys()
            .filter(|n| Some(n.as_str()) != own.as_deref())
        {
            let mut smaller = group.shown.clone();
            if let Some(body) = smaller.body.as_object_mut() {
                body.shift_remove(name);
            }
            let Some(bytes) = smaller.case.edit.on(&smaller.body) else {
                continue;
            };
            let Some(seen) = request.clone().send_body(bytes).await? else {
                continue;
            };
            if seen.status().is_none() {
                self.silent += 1;
                break;
            }
            if Came::of(&seen) == smaller.came && seen.status() == smaller.exchange.status() {
                smaller.exchange = seen;
                group.shown = smaller;
            }
        }
        Ok(())
    }
}

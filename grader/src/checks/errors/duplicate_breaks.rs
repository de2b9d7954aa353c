use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::check::honest::manner;
use crate::check::{Cx, Findings, a};
use crate::checks::schema::{duplicate_under_race, key_not_unique};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Entity, OpId, Verb};
use crate::probe::plant::{NotPlanted, Planted, Sight, Wish, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Where no two things may share a name: a second one is made with the values of the first, and a third, with values of
    /// its own, is changed to them. Both must be refused, and both things must stay as they were. The same requests with
    /// other values work.
    ///
    /// ## Why it matters
    /// That somebody was faster is no accident, and the client can do something about it if it is told so. The making is
    /// tried by everybody; the change runs into the same rule, and is the one that nobody has thought of.
    ///
    /// ## Passes
    /// ```text
    /// POST  /venues     {"name": "Paradiso", "city": "Amsterdam", …}      409
    /// PATCH /venues/8   {"name": "Paradiso"}                              409
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /venues/8   {"name": "Paradiso"}                              500
    /// ```
    ///
    /// ## How to mend it
    /// Catch the violation of the unique constraint (SQLSTATE 23505) around every statement that can meet it, the UPDATE as
    /// well as the INSERT, and answer 409. Do not write over what is there.
    pub static CHECK = {
        id: "errors.duplicate-breaks",
        summary: "a name that is taken breaks a making or a change, or is written over",
        concept: "constraints",
        severity: High,
        needs: [key_not_unique::CHECK, duplicate_under_race::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.10", "PostgreSQL SQLSTATE 23505", "Zalando RESTful API Guidelines #150"],
        hints: [
            "Which of your statements can run into the unique constraint, besides the INSERT?",
            "A constraint that refuses is an expected outcome, and has a status of its own wherever it can happen.",
            "Turn SQLSTATE 23505 into a 409 in one place that the INSERT and the UPDATE both pass.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let (mut asked, mut doubt) = (0, None);
    // Registering under an address that is taken is looked after where accounts are.
    let register = pack.auth_op(Verb::Register).map(|r| r.op.clone());
    for name in cx.planter().plantable() {
        let entity = pack.entity(&name);
        let entity = entity.filter(|e| {
            e.create
                .as_ref()
                .is_some_and(|c| Some(&c.op) != register.as_ref())
        });
        let Some(entity) = entity else { continue };
        for set in &entity.unique {
            let first = control!(cx.planter().plant(&name).await?);
            let Some(trial) = Trial::of(entity, set, &first) else {
                continue;
            };
            asked += 1;
            trial.making(cx, &mut findings).await?;
            let why = trial.changing(cx, &mut findings).await?;
            doubt = doubt.or(why);
        }
    }
    if asked == 0 {
        let why = "the project says of nothing that can be sent that no two share it".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    match doubt.filter(|_| findings.is_empty()) {
        Some(control) => Ok(Verdict::Inconclusive { control }),
        None => Ok(findings.verdict()),
    }
}

/// A set of values that no two things share, and a thing that has them.
struct Trial<'p> {
    entity: &'p Entity,
    words: String,
    first: &'p Planted,
    /// The facts of the set, with their values.
    taken: IndexMap<String, Value>,
}

impl<'p> Trial<'p> {
    fn of(entity: &'p Entity, set: &[String], first: &'p Planted) -> Option<Self> {
        let facts = set.iter().filter(|f| !entity.parents.contains_key(*f));
        let taken: Option<IndexMap<_, _>> = facts
            .map(|f| Some((f.clone(), first.facts.get(f)?.clone())))
            .collect();
        let taken = taken.filter(|t| !t.is_empty())?;
        let words = set.join(" and ");
        Some(Self {
            entity,
            words,
            first,
            taken,
        })
    }

    fn wish(&self, facts: IndexMap<String, Value>) -> Wish {
        Wish {
            parents: self.first.parents.clone(),
            facts,
            ..Wish::default()
        }
    }

    /// Makes a second one with the values of the first.
    async fn making(&self, cx: &mut Cx, findings: &mut Findings) -> Result<(), Fault> {
        let before = cx.planter().read(self.first).await?;
        let name = &self.entity.name;
        let made = cx
            .planter()
            .plant_as(name, self.wish(self.taken.clone()))
            .await?;
        let op = self.entity.create.as_ref().map(|c| c.op.clone());
        let exchange = match made {
            Ok(second) => second.created,
            Err(NotPlanted::Refused(at, exchange) | NotPlanted::NoKey(at, exchange))
                if Some(&at) == op.as_ref() =>
            {
                *exchange
            }
            Err(_) => return Ok(()),
        };
        if let Some(op) = op {
            self.judge(cx, (&op, "is made a second time"), &exchange, findings);
            self.stays(cx, &op, self.first, before, &exchange, findings)
                .await?;
        }
        Ok(())
    }

    /// Gives another one, that has all but one of the values, the last of them too. The control that did not hold.
    async fn changing(
        &self,
        cx: &mut Cx,
        findings: &mut Findings,
    ) -> Result<Option<String>, Fault> {
        let Some(update) = self.entity.update.as_ref() else {
            return Ok(None);
        };
        let name = &self.entity.name;
        let open = cx.planter().changeable(self.first);
        let Some(fact) = self.taken.keys().find(|f| open.contains(f)).cloned() else {
            return Ok(None);
        };
        let mut others = self.taken.clone();
        others.shift_remove(&fact);
        let Ok(other) = cx.planter().plant_as(name, self.wish(others)).await? else {
            return Ok(Some(format!(
                "another {name} could not be made beside the first"
            )));
        };
        let other = Arc::new(other);
        // C+: to a value that nobody has it can be changed.
        if let Some(free) = cx.planter().another(&other, &fact) {
            let changed = cx.planter().change_to(&other, &fact, &free).await?;
            if let Some(changed) = changed.filter(|c| !said_yes(&c.exchange)) {
                let (line, said) = (cx.line(&update.call.op), answer(&changed.exchange));
                return Ok(Some(format!(
                    "{line} answered {said} to a {fact} that nobody has"
                )));
            }
        }
        let before = cx.planter().read(&other).await?;
        let Some(value) = self.taken.get(&fact) else {
            return Ok(None);
        };
        let Some(changed) = cx.planter().change_to(&other, &fact, value).await? else {
            return Ok(None);
        };
        let (op, exchange) = (&update.call.op, &changed.exchange);
        self.judge(cx, (op, "is given to another one"), exchange, findings);
        self.stays(cx, op, &other, before, exchange, findings)
            .await?;
        Ok(None)
    }

    /// Judges the answer.
    fn judge(
        &self,
        cx: &Cx,
        (op, does): (&OpId, &str),
        exchange: &Exchange,
        findings: &mut Findings,
    ) {
        let words = &self.words;
        let saw = match exchange.status() {
            // Which of them it is, the contract says; what it does not say is a conflict to one and a broken rule to another.
            Some(400 | 409 | 422) => return,
            Some(200..=299) => format!("{} that is taken {does}", a(words)),
            Some(status @ 400..=499) => {
                format!("{} that is taken is answered with {status}", a(words))
            }
            _ => format!("{} that is taken breaks {}", a(words), cx.line(op)),
        };
        findings.add(Draft {
            subject: format!("{op}: {words}"),
            touches: vec![cx.line(op)],
            saw,
            expected: "409, and nothing is changed".to_owned(),
            actual: answer(exchange),
            manner: manner(exchange),
            evidence: vec![
                cx.seen("who has it already", &self.first.created),
                cx.seen("the same values once more", exchange),
            ],
            ..Draft::default()
        });
    }

    /// Whether a thing that a refused request was about is as it was.
    async fn stays(
        &self,
        cx: &mut Cx,
        op: &OpId,
        of: &Planted,
        before: Option<Exchange>,
        refused: &Exchange,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        let orderly = refused.status().is_some_and(|s| (400..500).contains(&s));
        let after = cx.planter().read(of).await?;
        let (Some(before), Some(after), true) = (before, after, orderly) else {
            return Ok(());
        };
        let read = after.json().unwrap_or_default();
        let known = cx.planter().shown(of, &read, Sight::Read);
        if known.is_empty() || cx.planter().unchanged(of, &before, &after) {
            return Ok(());
        }
        findings.add(Draft {
            subject: format!("{op}: {} of a refused request", self.words),
            touches: vec![cx.line(op)],
            saw: format!(
                "{} is refused, and changes something all the same",
                cx.line(op)
            ),
            expected: "a refused request changes nothing".to_owned(),
            actual: answer(refused),
            evidence: vec![
                cx.seen("as it was read before", &before),
                cx.seen("the refused request", refused),
                cx.seen("as it is read now", &after),
            ],
            ..Draft::default()
        });
        Ok(())
    }
}

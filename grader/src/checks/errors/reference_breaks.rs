use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::malformed_json;
use crate::check::Cx;
use crate::check::negative::{Scene, Tried, Words, broke, taken};
use crate::checks::endpoints::reference_unchecked;
use crate::model::{Fault, Verdict};
use crate::pack::{EndAt, Entity, Pack, Spot};
use crate::probe::negative::{Case, Edit, Must};
use crate::probe::plant::{NotPlanted, Planted};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// References that cannot lead anywhere. Where a body names another thing by its id, texts and numbers that are no id
    /// of anything stand there: a word, an empty text, zero, a number with a sign, half a UUID. Where two things are joined,
    /// one of them does not exist. Each must be refused, and none may break the service.
    ///
    /// ## Why it matters
    /// A contract that says "an id is a number or a text" lets a client send either. The one that your service does not use
    /// goes to the database as it is, which cannot read it, and a wrong link on a page becomes an alarm at night.
    ///
    /// ## Passes
    /// ```text
    /// POST /events   {"venue_id": "zq7", …}             422
    /// PUT  /events/7/lineup/2000000001   {…}            404
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /events   {"venue_id": "zq7", …}             500
    /// ```
    ///
    /// ## How to mend it
    /// Read an id in a body with the same function as one in a path: an id that cannot be one exists as little as one that
    /// nobody has. Catch the violation of the foreign key (SQLSTATE 23503) wherever two things are joined.
    pub static CHECK = {
        id: "errors.reference-breaks",
        summary: "a reference that cannot lead anywhere breaks the service",
        concept: "foreign-keys",
        severity: High,
        needs: [reference_unchecked::CHECK, malformed_json::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.21", "PostgreSQL SQLSTATE 23503", "PostgreSQL SQLSTATE 22P02"],
        hints: [
            "What does your service do with an id in a body that is no id of yours at all?",
            "What cannot be an id and what nobody has are the same to a client: there is no such thing.",
            "Read ids from bodies by a rule that gives an id or refuses, and turn SQLSTATE 23503 into the status of the contract.",
        ],
        run,
    }
}

static BREAKS: Words = Words {
    everywhere: "references that lead nowhere",
    does: "breaks the service",
    expected: "422 in a body, 404 in an address",
    note: None,
};
static TAKEN: Words = Words {
    everywhere: "references that lead nowhere and are taken",
    does: "is taken",
    expected: "422 in a body, 404 in an address",
    note: None,
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut scene = control!(Scene::open(cx).await?);
    for door in scene.doors.clone() {
        let Some(op) = pack.op(&door.op) else {
            continue;
        };
        for (name, at) in references(&pack, &door.op, door.about.as_deref()) {
            for case in cases(&name, &at) {
                // What the contract has something against is another check's.
                let body = case.edit.value(&door.body);
                if body.is_some_and(|b| pack.contract.validate_body(op, &b).is_empty()) {
                    scene.ask(cx, &door, &case).await?;
                }
            }
        }
    }
    for name in pack.links.keys() {
        joining(cx, &mut scene, &pack, name).await?;
    }
    let wrong = |t: &Tried| broke(t) || taken(t);
    scene.leave_unruled(cx, wrong).await?;
    let mut findings = scene.broken(cx, &BREAKS).await?;
    findings.join(scene.found(cx, &TAKEN, taken).await?);
    let advice = cx.findings();
    scene.close(cx, findings, advice).await
}

/// The places of a body that name another thing: of what the operation makes or changes, and of its parts.
fn references(pack: &Pack, op: &crate::pack::OpId, about: Option<&str>) -> Vec<(String, String)> {
    let own = about.and_then(|a| pack.entity(a)).into_iter();
    let whole = own.flat_map(|e| places(e, ""));
    let parts = pack.entities.values().filter_map(|e| {
        let made = e.made_by.as_ref().filter(|m| m.op == *op)?;
        Some(places(e, &made.at.pointer()?.to_string()))
    });
    whole.chain(parts.flatten()).collect()
}

fn places(entity: &Entity, inside: &str) -> Vec<(String, String)> {
    let bodies = entity
        .parents
        .iter()
        .filter_map(|(role, parent)| match &parent.at.spot {
            Spot::Body(pointer) => {
                Some((role.clone(), format!("{inside}{pointer}").replace('*', "0")))
            }
            _ => None,
        });
    // `@` is the thing being made, and stands nowhere.
    bodies
        .filter(|(_, at)| at.len() > 1 && !at.ends_with("/0"))
        .collect()
}

fn cases(name: &str, at: &str) -> Vec<Case> {
    let case = |(class, value): (&'static str, Value)| Case {
        name: format!("the {name} is {class}"),
        at: name.to_owned(),
        class,
        must: Must::Refuse,
        edit: Edit::Put(at.to_owned(), value),
    };
    [
        ("a word", json!("zq7kestrel")),
        ("an empty text", json!("")),
        ("zero", json!(0)),
        ("a negative number", json!(-1)),
        ("zero as a text", json!("0")),
        ("a number with a word behind it", json!("1zq7")),
        ("half a UUID", json!("0190a6b4-7d2c-7c1e-9a52")),
        (
            "a UUID that nothing has",
            json!("ffffffff-ffff-4fff-bfff-fffffffffff0"),
        ),
        ("a text with a slash in it", json!("../1")),
        ("digits of another script", json!("\u{667}\u{668}")),
        ("a text of 2000 letters", json!("z".repeat(2000))),
    ]
    .into_iter()
    .map(case)
    .collect()
}

/// Joins one end that is there with one that is not.
async fn joining(cx: &mut Cx, scene: &mut Scene, pack: &Pack, name: &str) -> Result<(), Fault> {
    let Some(link) = pack.links.get(name).filter(|l| l.set.is_some()) else {
        return Ok(());
    };
    // C+: two that are there can be joined.
    let linked = match cx.planter().link(name).await? {
        Ok(linked) => linked,
        Err(why) => {
            scene.doubt(why.to_string());
            return Ok(());
        }
    };
    for (role, end) in &link.ends {
        let there = linked.ends.get(role).filter(|_| end.at != EndAt::Caller);
        let Some(there) = there else { continue };
        let unknown = cx.planter().unknown_key(there);
        let keys = [
            ("an id that nothing has", unknown),
            ("a word", Some(json!("zq7kestrel"))),
            ("a number of 20 digits", Some(json!("99999999999999999999"))),
        ];
        for (class, key) in keys {
            let over = link.set.as_ref().is_some_and(|set| scene.is_over(&set.op));
            let Some(key) = key.filter(|_| !over) else {
                continue;
            };
            let nobody = Arc::new(Planted {
                key: Some(key),
                ..there.as_ref().clone()
            });
            let mut ends: IndexMap<_, _> = linked.ends.clone();
            ends.insert(role.clone(), nobody);
            let joined = cx.planter().link_between(name, ends).await?;
            let (op, exchange) = match (joined, &link.set) {
                (Ok(joined), Some(set)) => (set.op.clone(), joined.created),
                (Err(NotPlanted::Refused(op, exchange)), _) => (op, *exchange),
                _ => continue,
            };
            let case = Case {
                name: format!("the {role} is {class}"),
                at: role.clone(),
                class,
                must: Must::Refuse,
                edit: Edit::Elsewhere,
            };
            scene.add(cx, (&op, Some(name)), exchange, &case).await?;
        }
    }
    Ok(())
}

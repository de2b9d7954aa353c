use super::{injection, malformed_json};
use crate::check::Cx;
use crate::check::negative::{Scene, Tried, Words, broke, coerced, taken};
use crate::checks::endpoints::{page_bounds, unknown_id_not_404};
use crate::model::{Fault, Verdict};
use crate::pack::{Call, Method, Pack};
use crate::probe::negative::{ids, queries};
use crate::probe::plant::{Planted, Way};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Addresses that nobody gave out. In the place of each id: words, zero, numbers with a sign, a fraction or too many
    /// digits, UUIDs that are none, U+0000, bytes that are no UTF-8, broken percent-encoding, an id with something behind
    /// it. In each parameter of a query: what its schema does not allow, dates that do not exist, made-up cursors, the
    /// same name twice. Nothing may break. What names nothing must not be answered as if it did, and what the contract
    /// forbids in a query must be refused where the operation has a status for it.
    ///
    /// ## Why it matters
    /// Path and query are input like any body, and the part of it that anybody can type into a browser. An id that goes to
    /// the database as it came is a 500 with `invalid input syntax`, and one that is read up to the first letter shows
    /// something that nobody asked for.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues/99999999999999999999      404
    /// GET /events?from=yesterday            422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues/99999999999999999999      500
    /// GET /venues/7zq7                      200 {"id": 7, …}
    /// ```
    ///
    /// ## How to mend it
    /// Read ids and parameters with rules of their own before they are used: the whole text or nothing, within the range of
    /// the column. An id that cannot be one names nothing, 404; a parameter that breaks its rule is a 422.
    pub static CHECK = {
        id: "errors.parameter-breaks",
        summary: "an id or a query that makes no sense breaks the service, or is taken for another",
        concept: "validation",
        severity: High,
        needs: [unknown_id_not_404::CHECK, page_bounds::CHECK, malformed_json::CHECK, injection::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.5.1", "RFC 9110 §15.5.5", "RFC 3986 §2.1", "PostgreSQL SQLSTATE 22P02", "PostgreSQL SQLSTATE 22003"],
        hints: [
            "What does your service do with an id that is no number, and with one of twenty digits?",
            "Whatever stands in an address was typed by somebody; it is read whole, by a rule, before it is used.",
            "Write one function that turns the text of an id into an id or into a 404, and one for each kind of parameter; use them in every handler.",
        ],
        run,
    }
}

static BREAKS: Words = Words {
    everywhere: "what stands in addresses",
    does: "breaks the service",
    expected: "404 for an id, 400 or 422 for a parameter",
    note: None,
};
static TAKEN: Words = Words {
    everywhere: "what stands in addresses and means nothing",
    does: "is answered as if it were right",
    expected: "404 for an id, 400 or 422 for a parameter",
    note: Some("The text is read up to where it stops making sense, or not looked at."),
};
static LENIENT: Words = Words {
    everywhere: "addresses in another spelling",
    does: "is read as what was meant",
    expected: "one address for one thing",
    note: None,
};

/// What a request that changes something is asked with.
const FEW: [&str; 6] = [
    "a word",
    "a number beyond 64 bits",
    "half a UUID",
    "U+0000",
    "a byte that is no UTF-8",
    "a percent sign before no digits",
];
/// Stands in a path until it is replaced.
const MARK: &str = "zq7-here-stands-an-id";

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut scene = control!(Scene::open(cx).await?);
    let things = scene.doors.iter().filter(|d| d.way == Way::Create);
    let things: Vec<_> = things.filter_map(|d| d.planted.clone()).collect();
    for of in things {
        for call in calls(cx, &pack, &of) {
            in_path(cx, &mut scene, &pack, &of, &call).await?;
        }
        let list = pack.entity(&of.entity).and_then(|e| e.list.clone());
        if let Some(list) = list {
            in_query(cx, &mut scene, &pack, &of, &list).await?;
        }
    }
    let wrong = |t: &Tried| broke(t) || taken(t);
    scene.leave_told_of_bodies(cx, wrong).await?;
    let mut findings = scene.broken(cx, &BREAKS).await?;
    findings.join(scene.found(cx, &TAKEN, taken).await?);
    let advice = scene.found(cx, &LENIENT, coerced).await?;
    scene.close(cx, findings, advice).await
}

/// Every call that is about a thing or stands under its address.
fn calls(cx: &mut Cx, pack: &Pack, of: &Planted) -> Vec<Call> {
    let views = cx.planter().views(of);
    let entity = pack.entity(&of.entity);
    let own = entity.into_iter().flat_map(|e| {
        let update = e.update.as_ref().map(|u| &u.call);
        let all = [&e.read, &e.list, &e.create, &e.delete];
        all.into_iter().flatten().chain(update).cloned()
    });
    own.chain(views).collect()
}

async fn in_path(
    cx: &mut Cx,
    scene: &mut Scene,
    pack: &Pack,
    of: &Planted,
    call: &Call,
) -> Result<(), Fault> {
    let Some(op) = pack.op(&call.op) else {
        return Ok(());
    };
    let reads = op.method == Method::Get;
    let door = scene.doors.iter().find(|d| d.op == call.op);
    let body = door.map(|d| d.body.clone());
    for (param, _) in &call.bind {
        let marked = cx
            .planter()
            .with_param(of, call, (param, MARK), body.clone());
        let (Some(request), Some(key)) = (marked.await?, key(of, pack, call, param)) else {
            continue;
        };
        for (case, text) in ids(param, &key) {
            // What is lenient with an id may change the thing that it reads in it.
            if reads || FEW.contains(&case.class) {
                let path = request.sent().path.replace(MARK, &text);
                let request = request.clone().to(path);
                scene
                    .ask_at(cx, (&call.op, Some(&of.entity)), request, &case)
                    .await?;
            }
        }
    }
    Ok(())
}

/// The id that stands in this place of an honest request.
fn key(of: &Planted, pack: &Pack, call: &Call, param: &str) -> Option<String> {
    let own = match call.bind.get(param)? {
        crate::pack::Bound::Key => of.key.clone()?,
        crate::pack::Bound::Up(way) => {
            let (first, rest) = way.split_first()?;
            let mut at = of.parents.get(first)?;
            for name in rest {
                at = at.parents.get(name)?;
            }
            at.key.clone()?
        }
        // A fact in a path is a name, and any name may be somebody's.
        _ => return None,
    };
    let natural = pack.entity(&of.entity)?.natural_key().is_some();
    match own {
        serde_json::Value::String(text) if !natural => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

async fn in_query(
    cx: &mut Cx,
    scene: &mut Scene,
    pack: &Pack,
    of: &Planted,
    list: &Call,
) -> Result<(), Fault> {
    let Some(op) = pack.op(&list.op) else {
        return Ok(());
    };
    let Some(request) = cx.planter().with_param(of, list, ("", ""), None).await? else {
        return Ok(());
    };
    let path = request.sent().path.clone();
    let join = if path.contains('?') { '&' } else { '?' };
    for (case, text) in queries(&pack.contract, op) {
        let request = request.clone().to(format!("{path}{join}{text}"));
        scene
            .ask_at(cx, (&list.op, Some(&of.entity)), request, &case)
            .await?;
    }
    Ok(())
}

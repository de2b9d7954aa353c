use super::{created_differs, operation_missing, reply_breaks_schema};
use crate::check::filters::{Case, Scene, scene};
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::OpId;
use crate::probe::plant::{Wanted, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Things are made that a filter of the list should tell apart: another value, a value that only resembles
    /// it where the project says "equal", an instant just outside the range, a thing that fits one of two
    /// filters. Each filter is asked alone, and all together. What does not fit must not be shown.
    ///
    /// ## Why it matters
    /// A filter that is not listened to looks right as long as there is little data. Later it shows one
    /// customer's things to another.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues?city=Delft      200 {"items": [{"city": "Delft", …}], …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues?city=Delft      200 {"items": [{"city": "Delft", …}, {"city": "Leiden", …}], …}
    /// ```
    ///
    /// ## How to mend it
    /// Read the parameter by the contract's name, add its condition to WHERE, join several with AND, and pass
    /// the same conditions on to every page.
    pub static CHECK = {
        id: "endpoints.filter-ignored",
        summary: "a filter shows things that do not match it",
        concept: "pagination",
        severity: Medium,
        needs: [operation_missing::CHECK, reply_breaks_schema::CHECK, created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["Zalando RESTful API Guidelines #137", "RFC 9110 §4.2.2", "RFC 3339 §5.6"],
        hints: [
            "Which condition does this parameter become in your WHERE, and is it there on every page?",
            "A filter is a condition on each thing that is shown; several filters are all of them at once.",
            "Print the statement and its parameters for one filtered request, and compare each condition with what the contract says of the parameter.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut asked = 0;
    for name in cx.planter().plantable() {
        let Some(scene) = control!(scene(cx, &name).await?) else {
            continue;
        };
        let call = pack.entity(&name).and_then(|e| e.list.as_ref());
        let (Some(call), Some((like, _))) = (call, scene.things.first()) else {
            continue;
        };
        for case in &scene.cases {
            let wanted = Wanted {
                query: case.query.clone(),
                ..Wanted::default()
            };
            let Some(walk) = cx.planter().walk_through(like, &wanted).await? else {
                continue;
            };
            // A refusal of an honest filter leaves out what fits: that is told elsewhere.
            if walk.pages.first().is_none_or(|page| !said_yes(page)) {
                continue;
            }
            asked += 1;
            let shown = |thing: &&usize| {
                let (_, signs) = &scene.things[**thing];
                walk.items.iter().position(|item| signs.are_on(item))
            };
            let found = case.unfit.iter().find_map(|t| Some((*t, shown(&t)?)));
            if let Some((thing, at)) = found
                && let Some(page) = walk.page_of(at)
            {
                findings.add(draft(cx, &call.op, &scene, case, (thing, page)));
            }
        }
    }
    if asked == 0 {
        let why = "no list of this contract has a filter whose meaning is known".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

fn draft(
    cx: &Cx,
    op: &OpId,
    scene: &Scene,
    case: &Case,
    (thing, page): (usize, &Exchange),
) -> Draft {
    let (thing, _) = &scene.things[thing];
    let names = case.names();
    Draft {
        subject: format!("{op} by {names}"),
        saw: format!("{} shows things that do not match `{names}`", cx.line(op)),
        expected: match case.query.len() {
            1 => "only things that match the filter".to_owned(),
            _ => "only things that match every filter".to_owned(),
        },
        actual: format!("{} that does not match is shown", a(&thing.entity)),
        evidence: vec![
            cx.seen("a thing that does not match", &thing.created),
            cx.seen("the list shows it all the same", page),
        ],
        ..Draft::default()
    }
}

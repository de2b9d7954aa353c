use super::{created_differs, list_leaves_out};
use crate::check::filters::{Case, Scene, scene};
use crate::check::honest::manner;
use crate::check::{Cx, QuietCx, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::OpId;
use crate::probe::plant::{End, Planted, Sight, Wanted, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Things are made that a filter of the list should find: with letters beyond ASCII, with quotes, with
    /// signs that mean something in a URL, exactly on the edge of a range, with an offset other than Z, and
    /// with all filters at once. Each of them was kept as it was sent, so each must be shown.
    ///
    /// ## Why it matters
    /// Whoever looks for "Zürich" and gets an empty list believes that there is nothing in Zürich.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues?city=Z%C3%BCrich      200 {"items": [{"city": "Zürich", …}], …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues?city=Z%C3%BCrich      200 {"items": [], …}
    /// ```
    ///
    /// ## How to mend it
    /// Take the parameter from a parsed query, so that percent-encoding and plus signs are undone once. Pass
    /// it as a parameter of the statement. At the ends of a range, compare as the contract says: "or later"
    /// is `>=`, "before" is `<`. Parse instants with their offset.
    pub static CHECK = {
        id: "endpoints.filter-too-narrow",
        summary: "a filter leaves out things that match it",
        concept: "pagination",
        severity: Medium,
        needs: [list_leaves_out::CHECK, created_differs::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["RFC 3986 §2.1", "RFC 3339 §5.6", "Zalando RESTful API Guidelines #137"],
        hints: [
            "What does your code get for this parameter: what was sent, or something cut, decoded twice, or in another zone?",
            "A filter compares what was asked with what is stored, letter by letter, or instant by instant.",
            "Print the value as it reaches the statement beside the one in the row, and mend the first place where they part; check `>` against `>=`.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
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
            asked += 1;
            let Some(last) = walk.pages.last() else {
                continue;
            };
            if walk.end == End::Open {
                let control = format!("the list of {name} has too many pages to be read");
                return Ok(Verdict::Inconclusive { control });
            }
            let shown = |thing: &&usize| {
                let (_, signs) = &scene.things[**thing];
                walk.items.iter().any(|item| signs.are_on(item))
            };
            if let Some(missing) = case.fits.iter().find(|t| !shown(t))
                && kept(cx, &scene.things[*missing].0).await?
            {
                findings.add(draft(cx, &call.op, &scene, case, (*missing, last)));
            }
        }
    }
    if asked == 0 {
        let why = "no list of this contract has a filter whose meaning is known".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// C+: the thing is there with the values that were sent. If not, the filter is not to blame.
async fn kept(cx: &mut Cx, thing: &Planted) -> Result<bool, Fault> {
    let (body, sight) = match cx.planter().read(thing).await? {
        Some(read) if !said_yes(&read) => return Ok(false),
        Some(read) => (read.json(), Sight::Read),
        None => (thing.created.json(), Sight::Created),
    };
    let shown = cx.planter().shown(thing, &body.unwrap_or_default(), sight);
    Ok(shown.iter().all(|s| s.same || s.got.is_none()))
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
    let what = a(&thing.entity);
    let actual = match page.status() {
        Some(200..=299) if case.about.is_empty() => format!("{what} that matches is not shown"),
        Some(200..=299) => format!(
            "{what} that matches is not shown, asked for a value {}",
            case.about
        ),
        _ => format!("the list answers {}", answer(page)),
    };
    Draft {
        subject: format!("{op} by {names}"),
        saw: format!("{} leaves out things that match `{names}`", cx.line(op)),
        expected: "everything that matches".to_owned(),
        actual,
        manner: manner(page),
        evidence: vec![
            cx.seen("a thing that matches", &thing.created),
            cx.seen("the list does not show it", page),
        ],
        ..Draft::default()
    }
}

use super::{operation_missing, wrong_success_status};
use crate::check::Cx;
use crate::check::honest::manner;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Listing, OpId, Operation, Pack, ParamPlace};
use crate::probe::plant::{Planted, Size, Wanted, answer};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A list is asked for more than the contract's maximum: for one more, and for a thousand million. To
    /// refuse is right, and to give the maximum is right too; the grader then makes enough things to see which.
    /// Without a size, a page holds no more than the contract's default.
    ///
    /// ## Why it matters
    /// The server decides how much one request may cost. A client that may ask for everything will, and one
    /// request then takes the memory and the connection of a thousand.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues?limit=1000000000      422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues?limit=1000000000      200 {"items": [… all of them …]}
    /// ```
    ///
    /// ## How to mend it
    /// Check the parameter before you ask the database, or take the smaller of it and your maximum. Give it
    /// a default in the same place.
    pub static CHECK = {
        id: "endpoints.page-unbounded",
        summary: "a page holds more things than the contract allows",
        concept: "pagination",
        severity: Medium,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP API4:2023", "ASVS v5.0.0-15.2.2", "Zalando RESTful API Guidelines #159"],
        hints: [
            "What does your query do with LIMIT when a client asks for a thousand million?",
            "A limit that the client chooses is a wish; the server's own limit holds.",
            "Refuse a size above the maximum, or cut it down, before it becomes a LIMIT; without one, use the default.",
        ],
        run,
    }
}

/// No more than this is made to fill a page.
const MOST: u64 = 250;

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut asked = 0;
    for name in cx.planter().plantable() {
        let call = pack.entity(&name).and_then(|e| e.list.as_ref());
        let Some(op) = call.and_then(|c| pack.op(&c.op)) else {
            continue;
        };
        let Some((listing, max)) = op.listing.as_ref().and_then(|l| Some((l, l.max?))) else {
            continue;
        };
        let like = control!(cx.planter().plant(&name).await?);
        for size in [max + 1, 1_000_000_000] {
            let wanted = Wanted::pages_of(size);
            let Some(mut page) = page(cx, &like, &wanted).await? else {
                break;
            };
            asked += 1;
            // It was neither refused nor too much: with more to show it may be.
            if matches!(page, Seen::Items(n, _) if n <= max) && fill(cx, &name, &like, max).await? {
                page = self::page(cx, &like, &wanted).await?.unwrap_or(page);
            }
            findings.extend(judge(cx, &op.id, &page, max, &format!("asked for {size}")));
        }
        let usual = default(&pack, op, listing);
        if let Some(usual) = usual.filter(|n| *n <= MOST) {
            fill(cx, &name, &like, usual).await?;
        }
        let wanted = Wanted {
            size: Size::Unsaid,
            ..Wanted::default()
        };
        if let Some(page) = page(cx, &like, &wanted).await? {
            let most = usual.unwrap_or(max);
            findings.extend(judge(cx, &op.id, &page, most, "asked for no size"));
        }
    }
    if asked == 0 {
        let why = "this contract sets the pages of no list a maximum".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// The default that the contract gives the parameter for a page's size.
fn default(pack: &Pack, op: &Operation, listing: &Listing) -> Option<u64> {
    let param = op.param(ParamPlace::Query, listing.limit.as_ref()?)?;
    pack.contract
        .follow(&param.schema.value)
        .get("default")?
        .as_u64()
}

/// What came of asking for a page.
enum Seen {
    /// So many items.
    Items(u64, Exchange),
    /// No page.
    Other(Exchange),
}

async fn page(cx: &mut Cx, like: &Planted, wanted: &Wanted) -> Result<Option<Seen>, Fault> {
    let pack = cx.pack();
    let Some(mut pages) = cx.planter().pages(&pack, like, wanted) else {
        return Ok(None);
    };
    let page = pages.next(cx.planter()).await?;
    Ok(page.map(|page| match page.items {
        Some(items) => Seen::Items(items.len() as u64, page.exchange),
        None => Seen::Other(page.exchange),
    }))
}

/// Makes so many things that the list has more than this; whether it has.
async fn fill(cx: &mut Cx, name: &str, like: &Planted, more_than: u64) -> Result<bool, Fault> {
    let walk = cx.planter().walk_through(like, &Wanted::default()).await?;
    let there = walk.map_or(0, |w| w.items.len() as u64);
    // A few more: others remove things meanwhile.
    let missing = (more_than + 5).saturating_sub(there);
    if missing > MOST {
        return Ok(false);
    }
    let count = usize::try_from(missing).unwrap_or_default();
    Ok(cx.planter().crowd(name, count).await?.is_ok())
}

fn judge(cx: &Cx, op: &OpId, seen: &Seen, most: u64, how: &str) -> Option<Draft> {
    let line = cx.line(op);
    let (saw, actual, seen) = match seen {
        Seen::Items(n, page) if *n > most => (
            format!("{line} gives a page of more than {most}"),
            format!("{n} items, {how}"),
            page,
        ),
        Seen::Other(page) if page.status().is_none_or(|s| s >= 500) => (
            format!("{line} breaks when a very large page is asked for"),
            format!("{}, {how}", answer(page)),
            page,
        ),
        _ => return None,
    };
    Some(Draft {
        subject: op.to_string(),
        saw,
        expected: format!("at most {most} items, or a refusal"),
        actual,
        manner: manner(seen),
        evidence: vec![cx.seen(how, seen)],
        ..Draft::default()
    })
}

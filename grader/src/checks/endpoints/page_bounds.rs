use serde_json::Value;

use super::{list_leaves_out, list_repeats, page_unbounded};
use crate::check::honest::manner;
use crate::check::{Cx, Findings, QuietCx};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Listing, Operation, Pack, Paging, ParamPlace};
use crate::probe::plant::{End, Planted, Size, Wanted, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// The edges of a list: pages of one and of the maximum, the page after the last, sizes that make no
    /// sense (0, -1, a word), and a cursor that nobody gave out. Where pages are counted, a page beyond the end
    /// is empty and 200. The list must end: no page leads back to one that was. A cursor of the client's own
    /// is refused where the project says so, and breaks nothing anywhere.
    ///
    /// ## Why it matters
    /// Loops over pages are written for the middle. At the edges they read for ever, skip the last thing, or
    /// meet a 500.
    ///
    /// ## Passes
    /// ```text
    /// GET /venues?limit=1          200 {"items": [7], "next_cursor": "b"}
    /// GET /venues?cursor=zq7       422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /venues?cursor=zq7       500
    /// ```
    ///
    /// ## How to mend it
    /// Ask for one row more than the page holds: it tells whether there is a next page. Read a cursor as you
    /// read any input: decode it, check every part, and refuse what does not fit.
    pub static CHECK = {
        id: "endpoints.page-bounds",
        summary: "a list breaks at its edges: the smallest page, the last page, a made-up cursor",
        concept: "pagination",
        severity: Medium,
        needs: [list_leaves_out::CHECK, list_repeats::CHECK, page_unbounded::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["OWASP API4:2023", "Zalando RESTful API Guidelines #159", "Zalando RESTful API Guidelines #160"],
        hints: [
            "What does your list do with a page size of 1, with the page after the last, and with a cursor that you did not write?",
            "Every parameter is input: it is checked before it is used, and the end of a list is said, not guessed.",
            "Read one row more than the page shows, leave the cursor empty when there is none, and answer 400 or 422 to a cursor that does not decode.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut asked = 0;
    for name in cx.planter().plantable() {
        let entity = pack.entity(&name);
        let Some(op) = entity.and_then(|e| pack.op(&e.list.as_ref()?.op)) else {
            continue;
        };
        let Some(listing) = op.listing.as_ref().filter(|l| l.paging != Paging::None) else {
            continue;
        };
        let like = control!(cx.planter().plant(&name).await?);
        let list = List {
            pack: &pack,
            op,
            listing,
            like: &like,
        };
        asked += 1;
        list.sizes(cx, &mut findings).await?;
        list.nonsense(cx, &mut findings).await?;
        list.end(cx, &mut findings).await?;
        let own = entity
            .and_then(|e| pack.list_rules(e))
            .is_some_and(|r| r.own_cursors);
        list.beyond(cx, own, &mut findings).await?;
    }
    if asked == 0 {
        let why = "no list of this contract has pages".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

struct List<'l> {
    pack: &'l Pack,
    op: &'l Operation,
    listing: &'l Listing,
    like: &'l Planted,
}

impl List<'_> {
    /// Pages of one and of the maximum, where the contract allows them.
    async fn sizes(&self, cx: &mut Cx, findings: &mut Findings) -> Result<(), Fault> {
        let param = self
            .listing
            .limit
            .as_ref()
            .and_then(|n| self.op.param(ParamPlace::Query, n));
        let Some(param) = param else { return Ok(()) };
        let allowed = |n: &u64| {
            self.pack
                .contract
                .accepts(&param.schema.value, &Value::from(*n))
        };
        for size in [Some(1), self.listing.max]
            .into_iter()
            .flatten()
            .filter(allowed)
        {
            let Some((page, items)) = self.first(cx, &Wanted::pages_of(size)).await? else {
                continue;
            };
            // One thing at least is there: ours.
            let right = items.is_some_and(|n| n >= 1 && n <= size);
            if !right {
                let actual = items.map_or_else(|| answer(&page), |n| format!("{n} items"));
                let what = format!("a page of {size}");
                findings.add(self.draft(cx, &what, &format!("1 to {size} items"), actual, &page));
            }
        }
        Ok(())
    }

    /// Sizes that make no sense may be refused or mended; they break nothing.
    async fn nonsense(&self, cx: &mut Cx, findings: &mut Findings) -> Result<(), Fault> {
        if self.listing.limit.is_none() {
            return Ok(());
        }
        for size in ["0", "-1", "zq7"] {
            let wanted = Wanted {
                size: Size::Exactly(size.to_owned()),
                ..Wanted::default()
            };
            let Some((page, items)) = self.first(cx, &wanted).await? else {
                continue;
            };
            let too_many = items.zip(self.listing.max).is_some_and(|(n, max)| n > max);
            if too_many || page.status().is_none_or(|s| s >= 500) {
                let actual = items.map_or_else(|| answer(&page), |n| format!("{n} items"));
                let what = "a size that makes no sense";
                findings.add(self.draft(cx, what, "a refusal, or an ordinary page", actual, &page));
            }
        }
        Ok(())
    }

    /// The list says that it ends.
    async fn end(&self, cx: &mut Cx, findings: &mut Findings) -> Result<(), Fault> {
        let Some(walk) = cx
            .planter()
            .walk_through(self.like, &Wanted::default())
            .await?
        else {
            return Ok(());
        };
        let last = walk.pages.last().filter(|_| walk.end == End::Lost);
        if let Some(last) = last {
            let actual = match said_yes(last) {
                true => "the last page leads to a page that was there before".to_owned(),
                false => format!("the page after it answers {}", answer(last)),
            };
            findings.add(self.draft(cx, "the end", "a last page that says so", actual, last));
        }
        Ok(())
    }

    /// What lies beyond the end, and a cursor that nobody gave out.
    async fn beyond(&self, cx: &mut Cx, own: bool, findings: &mut Findings) -> Result<(), Fault> {
        let far = Wanted::default();
        let (wanted, cursor) = match &self.listing.paging {
            Paging::Offset { param } => (far.with(param, "1000000"), false),
            Paging::Page { param, .. } => (far.with(param, "100000"), false),
            Paging::Cursor { param, .. } => (far.with(param, "zq7~made~up"), true),
            Paging::None => return Ok(()),
        };
        let Some((page, items)) = self.first(cx, &wanted).await? else {
            return Ok(());
        };
        let refused = page.status().is_some_and(|s| (400..500).contains(&s));
        let (right, what, expected) = match (cursor, own) {
            (true, true) => (refused, "a cursor that it did not write", "400 or 422"),
            (true, false) => (
                page.status().is_some_and(|s| s < 500),
                "a cursor that it did not write",
                "a refusal, or a page",
            ),
            (false, _) => (
                items == Some(0),
                "a page beyond the end",
                "200 and an empty page",
            ),
        };
        if !right {
            let actual = match items {
                Some(n) => format!("{} and {n} items", answer(&page)),
                None => answer(&page),
            };
            findings.add(self.draft(cx, what, expected, actual, &page));
        }
        Ok(())
    }

    /// The page that is asked for, and how many items stand on it if it is one.
    async fn first(
        &self,
        cx: &mut Cx,
        wanted: &Wanted,
    ) -> Result<Option<(Exchange, Option<u64>)>, Fault> {
        let Some(mut pages) = cx.planter().pages(self.pack, self.like, wanted) else {
            return Ok(None);
        };
        let page = pages.next(cx.planter()).await?;
        Ok(page.map(|p| (p.exchange, p.items.map(|i| i.len() as u64))))
    }

    fn draft(&self, cx: &Cx, what: &str, expected: &str, actual: String, seen: &Exchange) -> Draft {
        Draft {
            subject: format!("{}: {what}", self.op.id),
            saw: format!("{} has no good answer for {what}", self.op.line()),
            expected: expected.to_owned(),
            actual,
            manner: manner(seen),
            evidence: vec![cx.seen(what, seen)],
            ..Draft::default()
        }
    }
}

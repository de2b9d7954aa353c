use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::{Copied, Guard, Words, nobody_refreshes, outlast_grace, renewed};
use crate::check::honest::manner;
use crate::model::{Draft, Fault, Verdict};
use crate::pack::{RefreshUse, Verb};
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{NotPlanted, answer};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account logs in twice. Each login's refresh token is exchanged for new tokens, and what the second one
    /// gave is exchanged too: it must work. Then every token that was used is shown again, one while its successor is
    /// unused, the others later. All must be refused. Where the project lets a used one work for a while, that while
    /// is over by then.
    ///
    /// ## Why it matters
    /// A refresh token lives for weeks, so it is worth stealing. If it works once, a copy is worth nothing as soon as
    /// its owner has used it, and a second use tells that there is a copy.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions/refresh  {"refresh_token": "R1"}   200  {"refresh_token": "R2", …}
    /// POST /sessions/refresh  {"refresh_token": "R1"}   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions/refresh  {"refresh_token": "R1"}   200  {"refresh_token": "R2", …}
    /// POST /sessions/refresh  {"refresh_token": "R1"}   200  {"refresh_token": "R3", …}
    /// ```
    ///
    /// ## How to mend it
    /// Keep a row for each refresh token, by its digest. Take and spend it in one statement that changes only a row
    /// which is not spent, give a new token where it changed one, and refuse where it changed none.
    pub static CHECK = {
        id: "auth.replay-refresh-rotation",
        summary: "a refresh token that was used works again, or what it gave does not",
        concept: "replay",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9700 §4.14.2", "RFC 9700 §2.2.2", "RFC 6749 §10.4", "ASVS v5.0.0-10.4.5"],
        hints: [
            "Somebody copied a refresh token last week, and its owner has used it since. What does your service answer to the copy?",
            "A refresh token is good for one use: what is spent is remembered, and each use gives the next one.",
            "Spend it with `UPDATE … WHERE digest = $1 AND spent_at IS NULL RETURNING …`, and refuse where no row came back.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "refresh tokens that were used",
    expected: "a refresh token works once",
    gain: "Whoever copied a refresh token goes on as this account for as long as they like, although its owner has used it since.",
    also: &[],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::Refresh]));
    let policy = accounts.auth().policy.refresh.clone();
    if policy.usage == RefreshUse::Many {
        return Ok(skipped("the pack lets a refresh token be used again"));
    }
    let first = control!(accounts.join().await?);
    let second = control!(accounts.enter(&first.account).await?);
    // Somebody else: a service may end all that an account has, when one of its tokens comes twice.
    let other = control!(cx.shared(&mut accounts, Seat::B).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &first).await?);
    let one = control!(renewed(&mut accounts, &first).await?);
    let two = control!(renewed(&mut accounts, &second).await?);
    // The same one again, or none: then whether it works twice decides.
    let rotates = one.refresh() != first.refresh() && two.refresh() != second.refresh();
    let three = match rotates {
        true => successor(cx, &mut accounts, &mut guard, &two).await?,
        false => None,
    };
    control!(outlast_grace(&policy).await);
    let just = ("a refresh token that was used just now", &first, &one);
    let mut copies = vec![just];
    if let Some(three) = &three {
        copies.push(("a refresh token that a refresh gave, used,", &two, three));
        copies.push(("a refresh token used two refreshes ago", &second, &two));
    }
    for (name, session, next) in copies {
        let shown = [("its first use", &next.exchange)];
        let copied = Copied {
            name,
            session,
            shown: &shown,
        };
        let refused = guard.redeem(cx, &mut accounts, copied, &WORDS).await?;
        if refused && !rotates {
            guard.doubt("a refresh gives no new refresh token".to_owned());
        }
    }
    // Last: a service may end the session that a made-up token resembles.
    control!(nobody_refreshes(&mut accounts, &first).await?);
    guard.close(cx, &mut accounts, Some(&other)).await
}

/// What a refresh gave must be as good as what the login gave: once, at least.
async fn successor(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    session: &Session,
) -> Result<Option<Session>, Fault> {
    let (op, exchange) = match accounts.refresh(session).await? {
        Ok(next) => return Ok(Some(next)),
        Err(NotPlanted::Refused(op, exchange)) if exchange.status() != Some(429) => (op, exchange),
        Err(why) => {
            guard.doubt(why.to_string());
            return Ok(None);
        }
    };
    guard.find(Draft {
        subject: "what a refresh gives".to_owned(),
        touches: vec![cx.line(&op)],
        saw: "the refresh token that a refresh gave is refused at its first use".to_owned(),
        expected: "each refresh gives a token that works once".to_owned(),
        actual: answer(&exchange),
        note: Some(
            "Its owner is thrown out at the second refresh, and must log in again.".to_owned(),
        ),
        manner: manner(&exchange),
        evidence: vec![
            cx.seen("the refresh that gave it", &session.exchange),
            cx.seen("its first use", &exchange),
        ],
    });
    Ok(None)
}

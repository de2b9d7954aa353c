use super::replay_refresh_rotation;
use crate::check::Cx;
use crate::check::accounts::skipped;
use crate::check::guard::{
    Attack, Copied, Guard, Words, let_family_end, nobody_refreshes, outlast_grace, renewed,
    turned_away,
};
use crate::model::{Fault, Verdict};
use crate::pack::{OnReuse, RefreshUse, Verb};
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::NotPlanted;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Two accounts log in and refresh. Of the first account, a token that was used two refreshes ago is shown again,
    /// and of another of its logins one that was used just now. Both are refused. From then on everything that came of
    /// these two logins must be dead: the newest refresh token, which was never used, and every access token. The
    /// second account did the same without a replay, and its newest token works.
    ///
    /// ## Why it matters
    /// The second use of a token tells that two hold it, and not which of them is the thief. If it is only refused,
    /// the one who came first goes on, and that may be the thief. If the whole family ends, the owner logs in again.
    ///
    /// ## Passes
    /// ```text
    /// (R1 gave R2, R2 gave R3)
    /// POST /sessions/refresh  {"refresh_token": "R1"}   401
    /// POST /sessions/refresh  {"refresh_token": "R3"}   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// (R1 gave R2, R2 gave R3)
    /// POST /sessions/refresh  {"refresh_token": "R1"}   401
    /// POST /sessions/refresh  {"refresh_token": "R3"}   200  {"refresh_token": "R4", …}
    /// ```
    ///
    /// ## How to mend it
    /// Keep the spent tokens, each with the session it belongs to. When one of them comes, end that session, and let
    /// the transaction that ends it commit: an error thrown inside it undoes the end.
    pub static CHECK = {
        id: "auth.replay-refresh-family",
        summary: "the second use of a refresh token leaves what came of it alive",
        concept: "replay",
        severity: High,
        needs: [replay_refresh_rotation::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9700 §4.14.2", "ASVS v5.0.0-10.4.5", "RFC 6819 §5.2.2.3"],
        hints: [
            "A refresh token comes for the second time. Who of the two that hold it is the thief, and who of them has the newest token now?",
            "Nobody can tell the thief from the owner, so the second use ends all that came of that login.",
            "Find the spent token's session, delete it with all its tokens, commit, and answer 401 after that.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "what came of a refresh token that was used twice",
    expected: "the second use of a refresh token ends all that came of the same login",
    gain: "A thief who was the first to use the token stays in: the owner is refused, and nobody learns why.",
    also: &[],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::Refresh]));
    let policy = accounts.auth().policy.refresh.clone();
    if policy.on_reuse != OnReuse::RevokeFamily || policy.usage == RefreshUse::Many {
        let why = "the pack lets a login go on when one of its refresh tokens comes twice";
        return Ok(skipped(why));
    }
    let login = control!(accounts.join().await?);
    let again = control!(accounts.enter(&login.account).await?);
    let stranger = control!(accounts.join().await?);
    let older = control!(grown(&mut accounts, login, 2).await?);
    let newer = control!(grown(&mut accounts, again, 1).await?);
    let other = control!(grown(&mut accounts, stranger, 2).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, older.newest()).await?);
    control!(outlast_grace(&policy).await);
    for (family, when) in [(&older, "two refreshes ago"), (&newer, "just now")] {
        reuse(cx, &mut accounts, &mut guard, family, when).await?;
    }
    // After the replays: a service may end the session that a made-up token resembles.
    control!(nobody_refreshes(&mut accounts, older.newest()).await?);
    // The same steps without a replay: there the newest token is good. And the owner comes in again.
    let lives = accounts.refresh(other.newest()).await?;
    if let Err(why) = &lives {
        let lost = format!("the newest refresh token of another account does not work: {why}");
        guard.doubt(lost);
    }
    match accounts.enter(&older.newest().account).await? {
        Ok(back) if accounts.whoami(&back.bearer()).await?.is(&back.account) => {}
        Ok(_) => guard.doubt("who logs in again after a replay is not known".to_owned()),
        Err(why) => guard.doubt(format!("nobody comes in again after a replay: {why}")),
    }
    guard.close(cx, &mut accounts, lives.as_ref().ok()).await
}

/// What one login gave, and what each refresh after it gave.
struct Family(Vec<Session>);

impl Family {
    fn newest(&self) -> &Session {
        &self.0[self.0.len() - 1]
    }
}

/// Shows a used token of the family once more, and then tries all that came of the same login.
async fn reuse(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    family: &Family,
    when: &str,
) -> Result<(), Fault> {
    let (first, newest) = (&family.0[0], family.newest());
    let replayed = match accounts.refresh(first).await? {
        Err(NotPlanted::Refused(_, exchange)) if turned_away(&exchange) => exchange,
        // What is wrong with that, the check before this one tells.
        _ => {
            guard.doubt(format!(
                "a refresh token that was used {when} is not refused"
            ));
            return Ok(());
        }
    };
    let within = accounts.auth().policy.dies_within("access");
    let_family_end(accounts, newest).await?;
    let shown = [
        ("the refresh that gave the newest token", &newest.exchange),
        ("a token that was used comes again", &*replayed),
    ];
    let copied = Copied {
        name: "after a replay the newest refresh token",
        session: newest,
        shown: &shown,
    };
    guard.redeem(cx, accounts, copied, &WORDS).await?;
    if within.is_some() {
        for session in family.0.iter().rev() {
            let attack = Attack::new("after a replay an access token", session.bearer());
            guard.attempt(cx, accounts, &[], &attack, &WORDS).await?;
        }
    }
    Ok(())
}

/// Refreshes so many times; the control that did not hold, in words.
async fn grown(
    accounts: &mut Accounts,
    login: Session,
    times: usize,
) -> Result<Result<Family, String>, Fault> {
    let mut all = vec![login];
    for _ in 0..times {
        match renewed(accounts, &all[all.len() - 1]).await? {
            Ok(next) => all.push(next),
            Err(why) => return Ok(Err(why)),
        }
    }
    Ok(Ok(Family(all)))
}

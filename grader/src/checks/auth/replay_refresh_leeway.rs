use super::replay_refresh_family;
use crate::check::Cx;
use crate::check::accounts::skipped;
use crate::check::guard::{
    Attack, Copied, Guard, Words, let_family_end, outlast_grace, renewed, turned_away,
};
use crate::model::{Fault, Verdict};
use crate::pack::{OnReuse, RefreshUse, Verb};
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::NotPlanted;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Where a used refresh token may come again for some seconds, because the answer to it may have been lost: it is used
    /// twice within that time, and both answers are good (C+). After that time it comes a third time, which ends the
    /// login. Nothing that came of either use may be accepted any more. The same steps without the third use leave
    /// another login as it is (C~).
    ///
    /// ## Why it matters
    /// A thief can be as quick as a retry. What was given out in the seconds of grace belongs to the same login, and must
    /// end with it; else the grace is the way around the alarm.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions/refresh   R1, and again a moment later     201 R2, 201 R2'
    /// POST /sessions/refresh   R1, after the grace              401
    /// POST /sessions/refresh   R2'                              401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions/refresh   R1, after the grace              401
    /// POST /sessions/refresh   R2'                              201     a family of its own
    /// ```
    ///
    /// ## How to mend it
    /// Let a retry give tokens of the same family, and tell a token that was spent a moment ago from one whose family has
    /// ended: an end has no grace.
    pub static CHECK = {
        id: "auth.replay-refresh-leeway",
        summary: "what a retry of a refresh gave outlives its login",
        concept: "replay",
        severity: High,
        needs: [replay_refresh_family::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9700 §4.14.2", "ASVS v5.0.0-10.4.5"],
        hints: [
            "A refresh token may be retried for two seconds. To which login do the tokens belong that the retry gives?",
            "Grace is for a lost answer. What it gives is the same family, and when the family ends, all of it ends.",
            "Store the session with each token, also with those of a retry, and end them by the session.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "what came of a refresh token in its time of grace",
    expected: "the end of a login ends what a retry gave as well",
    gain: "A thief who is as quick as a retry keeps tokens of their own, and no alarm ends them.",
    also: &[],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::Refresh]));
    let policy = accounts.auth().policy.refresh.clone();
    let ends = policy.on_reuse == OnReuse::RevokeFamily && policy.usage != RefreshUse::Many;
    if !ends || policy.grace_s == 0 {
        let why = "the pack lets no refresh token work twice for a while";
        return Ok(skipped(why));
    }
    let login = control!(accounts.join().await?);
    let stranger = control!(accounts.join().await?);
    let Some(twins) = twins(&mut accounts, &login).await? else {
        return Ok(skipped(
            "a retry of a refresh is refused here, so nothing comes of it",
        ));
    };
    let other = control!(renewed(&mut accounts, &stranger).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &twins[1]).await?);
    control!(outlast_grace(&policy).await);
    let replayed = match accounts.refresh(&login).await? {
        Err(NotPlanted::Refused(_, exchange)) if turned_away(&exchange) => exchange,
        _ => {
            let control = "a refresh token that was used is not refused after its time of grace";
            return Ok(Verdict::Inconclusive {
                control: control.to_owned(),
            });
        }
    };
    for session in &twins {
        let_family_end(&mut accounts, session).await?;
    }
    let shown = [
        ("the refresh", &twins[0].exchange),
        ("the same token a moment later", &twins[1].exchange),
        ("the same token after its time of grace", &*replayed),
    ];
    let names = [
        "the refresh token that the first use gave",
        "the refresh token that the retry gave",
    ];
    for (session, name) in twins.iter().zip(names).rev() {
        let copied = Copied {
            name,
            session,
            shown: &shown,
        };
        guard.redeem(cx, &mut accounts, copied, &WORDS).await?;
    }
    if accounts.auth().policy.dies_within("access").is_some() {
        for session in twins.iter().rev() {
            let attack = Attack::new("an access token from the time of grace", session.bearer());
            guard
                .attempt(cx, &mut accounts, &[], &attack, &WORDS)
                .await?;
        }
    }
    let lives = accounts.refresh(&other).await?;
    if let Err(why) = &lives {
        guard.doubt(format!(
            "the refresh token of another login does not work: {why}"
        ));
    }
    guard.close(cx, &mut accounts, lives.as_ref().ok()).await
}

/// Both sessions that come of one refresh token, used twice at once; none where the second use gives nothing.
async fn twins(accounts: &mut Accounts, login: &Session) -> Result<Option<[Session; 2]>, Fault> {
    let first = renewed(accounts, login).await?;
    let second = renewed(accounts, login).await?;
    Ok(first.ok().zip(second.ok()).map(Into::into))
}

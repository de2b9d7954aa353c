use std::time::Duration;

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::Seat;
use crate::check::guard::{Attack, Copied, Guard, Words};
use crate::model::{Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::Patience;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account logs in twice and is removed. What its two sessions held is tried: access tokens at `whoami`, refresh
    /// tokens at the refresh. All must be refused, with 401, 403 or 404. Where the project lets an access token live on for
    /// a while, that while is waited for.
    ///
    /// ## Why it matters
    /// A token says something about somebody, and that somebody must still be there. What outlives its account belongs
    /// to nobody who could end it.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /me   Authorization: Bearer …      204
    /// GET /me      the same credential          401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /me   Authorization: Bearer …      204
    /// GET /me      the same credential          200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Look the account up at every request, by a key that is never given again, and refuse where there is none. Let
    /// the account's sessions go with it: `ON DELETE CASCADE`, or a delete in the same transaction.
    pub static CHECK = {
        id: "auth.token-subject-gone",
        summary: "the token of an account that was removed still opens doors",
        concept: "sessions",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-7.4.2", "RFC 8725 §3.8", "OWASP API2:2023"],
        hints: [
            "An account is removed while somebody uses it. What does your service find at their next request, and where does it look?",
            "A token names somebody; whether they are still there is looked up, not read from the token.",
            "Join the session to its account at every request, answer 401 where no row comes back, and delete the sessions with the account.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "credentials of an account that was removed",
    expected: "what an account held is refused once it was removed",
    gain: "Whoever holds the token goes on as somebody who is no more, and nobody is left to log it out.",
    also: &[403, 404],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::DeleteAccount]));
    let caller = control!(accounts.join().await?);
    let second = control!(accounts.enter(&caller.account).await?);
    let other = control!(cx.shared(&mut accounts, Seat::B).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &caller).await?);
    if !accounts.whoami(&second.bearer()).await?.is(&second.account) {
        let control = "a second session of the same account is not known".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let gone = control!(
        accounts
            .ask(Verb::DeleteAccount, Some(&caller), &[])
            .await?
    );
    if !said_yes(&gone) {
        let control = format!("removing the account answered {}", answer(&gone));
        return Ok(Verdict::Inconclusive { control });
    }
    for session in [&caller, &second] {
        tokens(cx, &mut accounts, &mut guard, session, &gone).await?;
    }
    guard.close(cx, &mut accounts, Some(&other)).await
}

/// Tries what a session held, once it is to be dead.
async fn tokens(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    session: &Session,
    gone: &Exchange,
) -> Result<(), Fault> {
    let policy = &accounts.auth().policy;
    let (within, at_logout) = (policy.propagation_s, policy.dies_within("access"));
    let refreshes = accounts.auth().ops.contains_key(&Verb::Refresh);
    // Where nothing but time ends an access token, the pack says how long it may outlive its account.
    if within > 0 || at_logout.is_some() {
        let patience = Patience::new(Duration::from_secs(within));
        while within > 0
            && !accounts.whoami(&session.bearer()).await?.refused()
            && patience.lasts().await
        {}
        let attack = Attack::new("an access token of a removed account", session.bearer());
        guard.attempt(cx, accounts, &[], &attack, &WORDS).await?;
    }
    if refreshes && session.refresh().is_some() {
        let shown = [("the account is removed", gone)];
        let copied = Copied {
            name: "a refresh token of a removed account",
            session,
            shown: &shown,
        };
        guard.redeem(cx, accounts, copied, &WORDS).await?;
    }
    Ok(())
}

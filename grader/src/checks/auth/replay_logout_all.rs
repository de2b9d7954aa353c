use super::replay_logout;
use crate::check::Cx;
use crate::check::accounts::Seat;
use crate::check::guard::{Copied, Guard, Words};
use crate::model::{Fault, Verdict};
use crate::pack::Verb;
use crate::probe::plant::{answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account logs in on three devices and logs out everywhere on the last. What the other two hold, access tokens
    /// and refresh tokens, must be dead: one is tried at once, the other for the first time after the next login.
    /// Somebody else's session is untouched. What the device that asked holds may be dead or not.
    ///
    /// ## Why it matters
    /// It is what somebody reaches for whose telephone was stolen. If it ends the session at hand alone, the thief stays,
    /// and the owner thinks that they are out.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /sessions                                     204
    /// GET /me             the credential of the telephone  401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /sessions                                     204
    /// GET /me             the credential of the telephone  200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Delete by the account, not by the session: `DELETE FROM session WHERE account_id = …`, and with each session its
    /// refresh tokens.
    pub static CHECK = {
        id: "auth.replay-logout-all",
        summary: "a session goes on after its account was logged out everywhere",
        concept: "sessions",
        severity: High,
        needs: [replay_logout::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-7.4.3", "ASVS v5.0.0-7.5.2", "WSTG-SESS-11", "RFC 9700 §2.2.1"],
        hints: [
            "Your telephone is stolen while it is logged in. What can you do at your computer, and what does the thief see then?",
            "Logging out everywhere ends every session of the account, whichever device holds it.",
            "Delete all sessions of the account and their refresh tokens in one transaction, by the account's id.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "other sessions after logging out everywhere",
    expected: "every session of the account is refused once it was logged out everywhere",
    gain: "Whoever holds a stolen device or a copied token stays in, and the owner thinks that they are out.",
    also: &[],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::LogoutAll]));
    let tried = control!(accounts.join().await?);
    let untried = control!(accounts.enter(&tried.account).await?);
    let caller = control!(accounts.enter(&tried.account).await?);
    let other = control!(cx.shared(&mut accounts, Seat::B).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &tried).await?);
    for known in [&untried, &caller, &other] {
        if !accounts.whoami(&known.bearer()).await?.is(&known.account) {
            let control = "of several sessions one is not known, before any logout".to_owned();
            return Ok(Verdict::Inconclusive { control });
        }
    }
    let out = control!(accounts.ask(Verb::LogoutAll, Some(&caller), &[]).await?);
    if !said_yes(&out) {
        let control = format!("logging out everywhere answered {}", answer(&out));
        return Ok(Verdict::Inconclusive { control });
    }
    let shown = [("logging out everywhere", &out)];
    let copied = |name, session| Copied {
        name,
        session,
        shown: &shown,
    };
    let first = copied("another session, after it,", &tried);
    guard.replay(cx, &mut accounts, first, &WORDS).await?;
    // A service that marks the account as logged out may take the mark away at the next login.
    let next = control!(accounts.enter(&tried.account).await?);
    // What is refused may itself end its session, so one of them comes for the first time now.
    for session in [&untried, &tried] {
        let copied = copied("another session, after the next login,", session);
        guard.replay(cx, &mut accounts, copied, &WORDS).await?;
    }
    if !accounts.whoami(&next.bearer()).await?.is(&next.account) {
        guard.doubt("the session of the next login is not known".to_owned());
    }
    guard.close(cx, &mut accounts, Some(&other)).await
}

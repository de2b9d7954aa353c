use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::Seat;
use crate::check::guard::{Copied, Guard, Words, turned_away};
use crate::check::honest::manner;
use crate::model::{Draft, Exchange, Fault, Manner, Verdict};
use crate::pack::{Fallout, Verb};
use crate::probe::actor::Actor;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{NotPlanted, answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account logs in on three devices and changes its password on the last. What the other two hold, access
    /// tokens and refresh tokens, must be dead: one is tried at once and again after the next login, the other for the
    /// first time after it. The new password logs in, the old one does not, and somebody else's session is untouched.
    /// Which sessions a new password ends is the project's word.
    ///
    /// ## Why it matters
    /// People change their password because they fear that somebody has it. Whoever came in with the old one must be
    /// out then: a session that outlives the password is a way in that its owner cannot close.
    ///
    /// ## Passes
    /// ```text
    /// POST /me/password   {"current_password": "…", "new_password": "…"}   204
    /// GET /me             the credential of another device                 401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /me/password   {"current_password": "…", "new_password": "…"}   204
    /// GET /me             the credential of another device                 200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// In the transaction that stores the new hash, delete the account's other sessions with their refresh tokens, and
    /// the resets under way. Keep no verdict on a password anywhere but in its hash.
    pub static CHECK = {
        id: "auth.replay-password-change",
        summary: "what came in with the old password stays in after it was changed",
        concept: "account-recovery",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-7.4.3", "RFC 9700 §4.14.2", "WSTG-ATHN-09", "OWASP API2:2023"],
        hints: [
            "Somebody is logged in to your account on another device, and you change the password. What does that device see next?",
            "A new password ends what the old one began: a session is as old as the secret that opened it.",
            "Delete the account's other sessions in the same transaction that stores the new hash.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "other sessions after a new password",
    expected: "what came in with the old password is refused once there is a new one",
    gain: "Whoever came in with the old password stays in, and the owner who changed it thinks that they are out.",
    also: &[],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::ChangePassword]));
    let ends = accounts.auth().policy.change_password;
    let tried = control!(accounts.join().await?);
    let untried = control!(accounts.enter(&tried.account).await?);
    let caller = control!(accounts.enter(&tried.account).await?);
    let other = control!(cx.shared(&mut accounts, Seat::B).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &tried).await?);
    for known in [&untried, &caller, &other] {
        if !accounts.whoami(&known.bearer()).await?.is(&known.account) {
            let control = "of several sessions one is not known, before any change".to_owned();
            return Ok(Verdict::Inconclusive { control });
        }
    }
    let new = accounts.password();
    let changed = control!(accounts.change_password(&caller, &new).await?);
    if !said_yes(&changed) {
        let control = format!("changing the password answered {}", answer(&changed));
        return Ok(Verdict::Inconclusive { control });
    }
    let dead: Vec<&Session> = match ends {
        Fallout::Nothing => Vec::new(),
        Fallout::Session => vec![&caller],
        Fallout::OtherSessions => vec![&tried, &untried],
        Fallout::AllSessions => vec![&tried, &untried, &caller],
    };
    let shown = [("the change of the password", &changed)];
    let copied = |name, session| Copied {
        name,
        session,
        shown: &shown,
    };
    if let Some(session) = dead.first() {
        let copied = copied("another session, after the change,", session);
        guard.replay(cx, &mut accounts, copied, &WORDS).await?;
    }
    let account = Actor {
        secret: new,
        ..tried.account.clone()
    };
    new_password(cx, &mut accounts, &mut guard, &account, &changed).await?;
    // What is refused may itself end its session, so one of them comes for the first time now.
    for session in dead.iter().rev() {
        let copied = copied("another session, after the next login,", session);
        guard.replay(cx, &mut accounts, copied, &WORDS).await?;
    }
    old_password(cx, &mut accounts, &mut guard, &tried.account, &changed).await?;
    guard.close(cx, &mut accounts, Some(&other)).await
}

/// The next login, with the new password.
async fn new_password(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    account: &Actor,
    changed: &Exchange,
) -> Result<(), Fault> {
    match accounts.enter(account).await? {
        Ok(next) if accounts.whoami(&next.bearer()).await?.is(account) => {}
        Ok(_) => guard.doubt("who logs in with the new password is not known".to_owned()),
        Err(NotPlanted::Refused(op, exchange)) if exchange.status() != Some(429) => {
            guard.find(Draft {
                subject: "the new password".to_owned(),
                touches: vec![cx.line(&op)],
                saw: "the new password does not log in after the change was acknowledged"
                    .to_owned(),
                expected: "from the change on the new password is the account's".to_owned(),
                actual: answer(&exchange),
                note: Some("Its owner is locked out as soon as the last session ends.".to_owned()),
                manner: manner(&exchange),
                evidence: vec![
                    cx.seen("the change of the password", changed),
                    cx.seen("the login with the new password", &exchange),
                ],
            });
        }
        Err(why) => guard.doubt(why.to_string()),
    }
    Ok(())
}

/// A login with the password of before.
async fn old_password(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    account: &Actor,
    changed: &Exchange,
) -> Result<(), Fault> {
    let (saw, exchange) = match accounts.enter(account).await? {
        Ok(session) if accounts.whoami(&session.bearer()).await?.is(account) => (
            "the old password still logs in after it was changed",
            session.exchange,
        ),
        Err(NotPlanted::Refused(_, exchange)) if turned_away(&exchange) => return Ok(()),
        Err(NotPlanted::Refused(_, exchange)) if manner(&exchange) != Manner::Wrong => (
            "a login with the old password breaks the service",
            *exchange,
        ),
        Ok(_) => {
            guard.doubt("a login with the old password gives what opens nothing".to_owned());
            return Ok(());
        }
        Err(why) => {
            guard.doubt(format!("a login with the old password: {why}"));
            return Ok(());
        }
    };
    guard.find(Draft {
        subject: "the old password".to_owned(),
        saw: saw.to_owned(),
        expected: "from the change on the old password is nobody's".to_owned(),
        actual: answer(&exchange),
        note: Some("Whoever knew the old password still comes in.".to_owned()),
        manner: manner(&exchange),
        evidence: vec![
            cx.seen("the change of the password", changed),
            cx.seen("the login with the old password", &exchange),
        ],
        ..Draft::default()
    });
    Ok(())
}

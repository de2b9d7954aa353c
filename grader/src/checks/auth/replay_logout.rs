use super::login_broken;
use crate::check::Cx;
use crate::check::guard::{Copied, Guard, Words};
use crate::check::honest::manner;
use crate::model::{Draft, Exchange, Fault, Manner, Verdict};
use crate::pack::{Fallout, Verb};
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{Ready, Wish, answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account logs in twice, and logs out of one of the two sessions. What that session held was copied before:
    /// its access token or cookie is shown to `whoami` and to a write, its refresh token to the refresh. Then the
    /// account logs in once more, and the copies are tried again. The other session lives on, unless the project says
    /// that logging out ends all; logging out twice breaks nothing.
    ///
    /// ## Why it matters
    /// People log out because they leave a machine, or because they fear that somebody has their credential. A logout
    /// that only makes the browser forget leaves the copy as good as ever.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /sessions/current   Authorization: Bearer …       204
    /// GET /me                    the same credential            401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /sessions/current   Authorization: Bearer …       204
    /// GET /me                    the same credential            200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Keep a row for each session and look at it at every request, or at least at every refresh; end the row at
    /// logout. A token that lives without a row needs a list of those that were ended, kept where each process of the
    /// service sees it.
    pub static CHECK = {
        id: "auth.replay-logout",
        summary: "a credential captured before logout still opens doors",
        concept: "sessions",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-7.4.1", "WSTG-SESS-06", "RFC 7009 §2.1", "RFC 9700 §4.14.2", "OWASP API2:2023"],
        hints: [
            "Somebody copied the credential yesterday, and its owner has logged out since. What does your service see when the copy comes?",
            "Logging out changes something at the server: what the client forgets, a thief remembers.",
            "End the session's row at logout, and look it up by its id for every credential that comes.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "credentials after logout",
    expected: "what a session held is refused once it was logged out",
    gain: "Whoever copied the credential goes on as this account, although its owner has logged out.",
    also: &[],
};

/// What was copied before the logout.
struct Copies {
    session: Session,
    write: Option<Ready>,
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::Logout]));
    let first = control!(accounts.join().await?);
    let second = control!(accounts.enter(&first.account).await?);
    let write = write(&mut accounts, &first).await?;
    let copies = Copies {
        session: first,
        write,
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &copies.session).await?);
    if !accounts.whoami(&second.bearer()).await?.is(&second.account) {
        let control = "a second session of the same account is not known".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let out = control!(accounts.logout(&copies.session).await?);
    if !said_yes(&out) {
        let control = format!("logging out answered {}", answer(&out));
        return Ok(Verdict::Inconclusive { control });
    }
    replay(cx, &mut accounts, &mut guard, &copies, "after the logout").await?;
    let again = control!(accounts.logout(&copies.session).await?);
    if manner(&again) != Manner::Wrong {
        guard.find(draft(
            cx,
            "logging out twice",
            "a second logout breaks the service",
            &again,
        ));
    }
    others(cx, &mut accounts, &mut guard, &second).await?;
    // Logged out too, and not tried before the next login: a replay that is refused may itself end a session.
    let untried = match accounts.logout(&second).await? {
        Ok(out) if said_yes(&out) => Some(Copies {
            session: second,
            write: None,
        }),
        _ => None,
    };
    let third = control!(accounts.enter(&copies.session.account).await?);
    if third.access() == copies.session.access() {
        guard.find(draft(
            cx,
            "the next login",
            "the next login gives the credential that was logged out",
            &third.exchange,
        ));
    }
    for copies in [Some(copies), untried].into_iter().flatten() {
        replay(
            cx,
            &mut accounts,
            &mut guard,
            &copies,
            "after the next login",
        )
        .await?;
    }
    guard.close(cx, &mut accounts, Some(&third)).await
}

/// Tries every copy that the project says is dead.
async fn replay(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    copies: &Copies,
    when: &str,
) -> Result<(), Fault> {
    let name = format!("a session, {when},");
    let copied = Copied {
        name: &name,
        session: &copies.session,
        shown: &[],
    };
    guard.replay(cx, accounts, copied, &WORDS).await?;
    let dies = accounts.auth().policy.dies_within("access").is_some();
    if let Some(write) = copies.write.as_ref().filter(|_| dies) {
        let wrote = write.request().send().await?;
        if said_yes(&wrote) {
            let saw = format!("a write with the access token of a session goes through {when}");
            guard.find(draft(cx, "writes after logout", &saw, &wrote));
        }
    }
    Ok(())
}

/// The account's other session: untouched, or ended too where logging out ends all.
async fn others(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    other: &Session,
) -> Result<(), Fault> {
    let policy = accounts.auth().policy.logout.clone();
    let seen = accounts.whoami(&other.bearer()).await?;
    match policy.scope {
        Fallout::AllSessions if policy.within_s.is_some() && seen.is(&other.account) => {
            let saw = "logging out leaves the account's other session alive";
            guard.find(draft(
                cx,
                "other sessions after logout",
                saw,
                seen.exchange(),
            ));
        }
        Fallout::Session if seen.refused() => {
            let saw = "logging out of one session ends the account's other one";
            guard.find(draft(
                cx,
                "other sessions after logout",
                saw,
                seen.exchange(),
            ));
        }
        _ => {}
    }
    Ok(())
}

/// A write in the name of this session, ready to be sent when it is no more.
async fn write(accounts: &mut Accounts, session: &Session) -> Result<Option<Ready>, Fault> {
    let pack = accounts.planter().pack();
    let role = session.account.role.clone();
    accounts.speak_as(session);
    for name in accounts.planter().plantable() {
        let create = pack.entity(&name).and_then(|e| e.create.as_ref());
        let Some(operation) = create.and_then(|c| pack.op(&c.op)) else {
            continue;
        };
        let allowed = operation.security.anybody() || operation.security.allows(role.as_deref());
        if operation.security.anyone || !allowed {
            continue;
        }
        let Ok(ready) = accounts.planter().prepare(&name, Wish::default()).await? else {
            continue;
        };
        let headers = &ready.request().sent().headers.clone();
        if headers.iter().any(|(_, v)| v.contains(session.access())) {
            return Ok(Some(ready));
        }
    }
    Ok(None)
}

fn draft(cx: &Cx, subject: &str, saw: &str, exchange: &Exchange) -> Draft {
    Draft {
        subject: subject.to_owned(),
        saw: saw.to_owned(),
        expected: WORDS.expected.to_owned(),
        actual: answer(exchange),
        note: Some(WORDS.gain.to_owned()),
        manner: manner(exchange),
        evidence: vec![cx.seen("the replay", exchange)],
        ..Draft::default()
    }
}

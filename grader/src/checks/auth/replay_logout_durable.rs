use super::replay_logout;
use crate::check::BreaksCx;
use crate::check::accounts::skipped;
use crate::check::guard::{Copied, Guard, Words};
use crate::model::{Exchange, Fault, Verdict};
use crate::pack::{Fallout, Verb};
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{answer, said_yes};
use crate::probe::{Patience, SOON};
use crate::runtime::Stop;
use crate::{check, control, given, outcome};

check! {
    /// ## What it looks at
    /// Two copies of the service run on one database, and three sessions of an account are known at both. Two of them
    /// log out at the first copy. What one of them held is tried at the second copy. Then both copies are killed and
    /// started again, and what both of them held is tried at each. The third session, which nobody logged out, is
    /// known all the while.
    ///
    /// ## Why it matters
    /// A service runs in several copies, and each is restarted at every release. If the end of a session is known to
    /// one process only, the next one lets the thief in again.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /sessions/current   (the first copy)    204
    /// GET /me                    (the second copy)   401
    /// (restart)
    /// GET /me                                        401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /sessions/current   (the first copy)    204
    /// GET /me                    (the second copy)   200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Write the end of a session to the database before you answer, and read it from there at every request. Whatever
    /// a process remembers about who is in may only be what cannot end.
    pub static CHECK = {
        id: "auth.replay-logout-durable",
        summary: "what was logged out is let in by another copy of the service, or after a restart",
        concept: "sessions",
        severity: High,
        needs: [replay_logout::CHECK],
        world: Replicas,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-7.4.1", "12factor VI Processes", "12factor IX Disposability"],
        hints: [
            "Where is it written that a session has ended, and who can read it there: this process, its neighbour, its successor?",
            "The end of a session is a fact like any other: it is kept in the database, and not in a process.",
            "Replace the list in memory by a row that is deleted or marked, and look for it at every request.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "what knows that a session has ended",
    expected: "what was logged out is refused by every copy of the service, and after a restart",
    gain: "Whoever copied the credential waits for a release, or asks until another copy answers, and is in.",
    also: &[],
};

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::Logout]));
    let policy = accounts.auth().policy.clone();
    let parts = ["access", "refresh"];
    if parts.iter().all(|part| policy.dies_within(part).is_none()) {
        return Ok(skipped("the pack lets a credential outlive its session"));
    }
    let first = control!(accounts.join().await?);
    let late = control!(accounts.enter(&first.account).await?);
    // Where logging out ends all that an account has, somebody else stays.
    let stays = match policy.logout.scope {
        Fallout::Session => control!(accounts.enter(&first.account).await?),
        _ => control!(accounts.join().await?),
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &first).await?);
    // Each copy has seen each session: what a process remembers of who is in, it remembers now.
    for number in [1, 0] {
        accounts.move_to(cx.replica(number).base());
        for session in [&first, &late, &stays] {
            control!(known(&mut accounts, session, "before any logout").await?);
        }
    }
    let out = control!(log_out(&mut accounts, &first).await?);
    control!(log_out(&mut accounts, &late).await?);
    let shown = [("the logout", &out)];
    let copied = |name, session| Copied {
        name,
        session,
        shown: &shown,
    };
    accounts.move_to(cx.replica(1).base());
    let there = copied("a session, at another copy,", &first);
    guard.replay(cx, &mut accounts, there, &WORDS).await?;
    stays_known(&mut accounts, &mut guard, &stays, "at the second copy").await?;
    // As in a crash: what is only written at the end of a process is not written.
    if let Err(story) = outcome!(cx.restart(Stop::Kill).await) {
        guard.doubt(format!(
            "the service does not come up again: {}",
            story.summary
        ));
        return guard.close(cx, &mut accounts, None).await;
    }
    guard.restarted(cx);
    for number in [1, 0] {
        accounts.move_to(cx.replica(number).base());
        stays_known(&mut accounts, &mut guard, &stays, "after a restart").await?;
        // The late one comes for the first time: what is refused may itself end its session.
        for session in [&late, &first] {
            let again = copied("a session, after a restart,", session);
            guard.replay(cx, &mut accounts, again, &WORDS).await?;
        }
    }
    guard.close(cx, &mut accounts, Some(&stays)).await
}

/// Logs a session out; what the service answered otherwise, in words.
async fn log_out(
    accounts: &mut Accounts,
    session: &Session,
) -> Result<Result<Exchange, String>, Fault> {
    Ok(match accounts.logout(session).await? {
        Ok(out) if said_yes(&out) => Ok(out),
        Ok(out) => Err(format!("logging out answered {}", answer(&out))),
        Err(why) => Err(why.to_string()),
    })
}

/// A session that nobody has logged out must be known: else what is refused is not refused for its end. After a start
/// the first answers may take a moment.
async fn known(
    accounts: &mut Accounts,
    session: &Session,
    when: &str,
) -> Result<Result<(), String>, Fault> {
    let patience = Patience::new(SOON);
    loop {
        let seen = accounts.whoami(&session.bearer()).await?;
        if seen.is(&session.account) {
            return Ok(Ok(()));
        }
        if !patience.lasts().await {
            let said = answer(seen.exchange());
            let why = format!("whoami answered {said} to a session that did not log out, {when}");
            return Ok(Err(why));
        }
    }
}

/// The same once something may have been found: what is missing is a doubt then, and takes nothing back.
async fn stays_known(
    accounts: &mut Accounts,
    guard: &mut Guard,
    session: &Session,
    when: &str,
) -> Result<(), Fault> {
    if let Err(why) = known(accounts, session, when).await? {
        guard.doubt(why);
    }
    Ok(())
}

use super::{replay_reset, reset_broken};
use crate::check::Cx;
use crate::check::mailed::{Trials, Words, redeemed};
use crate::model::{Fault, Verdict};
use crate::pack::Verb;
use crate::probe::actor::Actor;
use crate::probe::auth::Accounts;
use crate::probe::mail::Post;
use crate::probe::plant::{answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Two codes are asked for, and the second replaces the password: from then on the first must be refused. A third
    /// is asked for, and the owner, who is logged in, changes the password: from then on the third must be refused.
    /// Whatever is refused must not log in with the password that it carried, and a fresh code works at the end.
    ///
    /// ## Why it matters
    /// Who sets a new password believes that all old ways in are closed. A code that lies in a mailbox and still works
    /// is the way back for whoever made the change necessary.
    ///
    /// ## Passes
    /// ```text
    /// two mails: token=one, token=two
    /// POST /password-resets/confirm  {"token": "two", …}   204
    /// POST /password-resets/confirm  {"token": "one", …}   422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /password-resets/confirm  {"token": "one", …}   204
    /// ```
    ///
    /// ## How to mend it
    /// Wherever a password is set, delete all codes of that account in the same transaction.
    pub static CHECK = {
        id: "auth.reset-code-lives-on",
        summary: "an older code still replaces the password after it was replaced or changed",
        concept: "account-recovery",
        severity: High,
        needs: [reset_broken::CHECK, replay_reset::CHECK],
        world: Main,
        alone: Shared,
        runtimes: RAISED,
        refs: ["OWASP Forgot Password Cheat Sheet", "ASVS v5.0.0-6.4.3", "ASVS v5.0.0-6.6.2"],
        hints: [
            "The button was pressed twice, and the second mail was used. What is the first mail worth now?",
            "A new password ends every other way to set one: codes belong to the password that they were asked for.",
            "In the transaction that sets a password, by a code or by its owner, run DELETE FROM password_reset WHERE account_id = ….",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "codes of before a new password",
    expected: "once there is a new password, no older code replaces it",
    gain: "Who had the mailbox yesterday sets the password again, after its owner has locked them out.",
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let (mut accounts, post) = given!(cx.resets(&[]));
    let account = control!(accounts.join().await?).account;
    let mut trials = Trials::new(cx);
    let first = control!(cx.reset_code((&mut accounts, &post), &account).await?);
    let second = control!(cx.reset_code((&mut accounts, &post), &account).await?);
    let (mut account, used) = control!(redeemed(&mut accounts, &account, &second.code).await?);
    let shown = [
        ("the first code, asked for", &first.asked),
        ("the second code, used", &used),
    ];
    let tried = (&account, first.code.as_str(), "the first of two codes");
    trials
        .attempt(cx, &mut accounts, tried, &WORDS, &shown)
        .await?;
    if let Some(changed) = changed(cx, (&mut accounts, &post), &account, &mut trials).await? {
        account = changed;
        // Control: codes are still given and still work.
        let fresh = control!(cx.reset_code((&mut accounts, &post), &account).await?);
        account = control!(redeemed(&mut accounts, &account, &fresh.code).await?).0;
    }
    trials.close(cx, &mut accounts, &account).await
}

/// The owner changes the password while a code is on its way, and the code is tried; the account as it is then. None
/// where the contract has no such change.
async fn changed(
    cx: &Cx,
    (accounts, post): (&mut Accounts, &Post),
    account: &Actor,
    trials: &mut Trials,
) -> Result<Option<Actor>, Fault> {
    if !accounts.auth().ops.contains_key(&Verb::ChangePassword) {
        return Ok(None);
    }
    let mailed = match cx.reset_code((accounts, post), account).await? {
        Ok(mailed) => mailed,
        Err(why) => {
            trials.doubt(why.to_string());
            return Ok(None);
        }
    };
    let session = match accounts.enter(account).await? {
        Ok(session) => session,
        Err(why) => {
            trials.doubt(why.to_string());
            return Ok(None);
        }
    };
    let secret = accounts.password();
    let answered = match accounts.change_password(&session, &secret).await? {
        Ok(answered) if said_yes(&answered) => answered,
        Ok(other) => {
            trials.doubt(format!("changing the password answered {}", answer(&other)));
            return Ok(None);
        }
        Err(why) => {
            trials.doubt(why.to_string());
            return Ok(None);
        }
    };
    let account = Actor {
        secret,
        credential: None,
        ..account.clone()
    };
    let shown = [
        ("the code, asked for", &mailed.asked),
        ("the change of the password", &answered),
    ];
    let tried = (
        &account,
        mailed.code.as_str(),
        "a code of before the change",
    );
    trials.attempt(cx, accounts, tried, &WORDS, &shown).await?;
    Ok(Some(account))
}

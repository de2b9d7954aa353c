use super::reset_broken;
use crate::check::LocksCx;
use crate::check::mailed::{Trials, Words, redeemed};
use crate::model::{Fault, Verdict};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// A code from a mail replaces a password, and the new one logs in. Then the same code comes once more with another
    /// password: at the same copy of the service, at a second copy, and after that login. It must be refused, and the
    /// password that it carries must not log in.
    ///
    /// ## Why it matters
    /// A mail is read by more people than one: it lies in backups, in the inbox of a shared machine, in the log of a
    /// proxy. A code that works twice is a second password that its owner cannot change.
    ///
    /// ## Passes
    /// ```text
    /// POST /password-resets/confirm  {"token": "Zq7…", "new_password": "one"}   204
    /// POST /password-resets/confirm  {"token": "Zq7…", "new_password": "two"}   422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /password-resets/confirm  {"token": "Zq7…", "new_password": "two"}   204
    /// ```
    ///
    /// ## How to mend it
    /// Take the code and the right to use it in one statement, in the transaction that sets the password:
    /// `DELETE FROM password_reset WHERE digest = … AND expires_at > now() RETURNING account_id`.
    pub static CHECK = {
        id: "auth.replay-reset",
        summary: "a code for a new password works more than once",
        concept: "account-recovery",
        severity: Critical,
        needs: [reset_broken::CHECK],
        world: Replicas,
        alone: Locks,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-6.4.1", "ASVS v5.0.0-6.5.1", "OWASP Forgot Password Cheat Sheet", "WSTG-ATHN-09"],
        hints: [
            "Somebody finds the mail of last week. What does its code still open?",
            "A code is spent by being used; what remembers that must be the database, since every copy of the service asks it.",
            "Delete the row (or mark it used) by its digest in the same transaction that sets the password, and go on only if one row was there.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "a code that was used",
    expected: "a code that replaced a password is refused from then on",
    gain: "Whoever finds the mail later sets a password of their own, as often as they like, and the account is theirs.",
};

async fn run(cx: &mut LocksCx) -> Result<Verdict, Fault> {
    let (mut accounts, post) = given!(cx.resets(&[]));
    let account = control!(accounts.join().await?).account;
    let mut trials = Trials::new(cx);
    let mailed = control!(cx.reset_code((&mut accounts, &post), &account).await?);
    let (account, used) = control!(redeemed(&mut accounts, &account, &mailed.code).await?);
    let shown = [
        ("asking for a new password", &mailed.asked),
        ("the code, used", &used),
    ];
    for (copy, name) in [(0, "a used code"), (1, "a used code, at another copy,")] {
        let base = cx.replica(copy).base().to_owned();
        accounts.move_to(&base);
        let tried = (&account, mailed.code.as_str(), name);
        trials
            .attempt(cx, &mut accounts, tried, &WORDS, &shown)
            .await?;
    }
    trials.close(cx, &mut accounts, &account).await
}

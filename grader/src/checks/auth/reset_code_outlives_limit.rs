use std::time::Duration;

use super::{replay_reset, reset_broken};
use crate::check::Cx;
use crate::check::accounts::skipped;
use crate::check::mailed::{Trials, Words, redeemed};
use crate::model::{Fault, Verdict};
use crate::probe::Patience;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// The service is started with a short lifetime for codes, in the variable that the project names. A fresh code
    /// replaces a password. Another one is left alone until its time is well over: then it must be refused, and the
    /// password that it carries must not log in.
    ///
    /// ## Why it matters
    /// A mail is kept for years. The code in it is a password for as long as it works, in a place that nobody thinks of
    /// as a keyring.
    ///
    /// ## Passes
    /// ```text
    /// RESET_TTL_SECONDS=3
    /// POST /password-resets/confirm  (after 8 s)   422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /password-resets/confirm  (after 8 s)   204
    /// ```
    ///
    /// ## How to mend it
    /// Write the end of a code with the code, from the variable, and let the statement that looks for it look at the
    /// time too: `WHERE digest = … AND expires_at > now()`.
    pub static CHECK = {
        id: "auth.reset-code-outlives-limit",
        summary: "a code for a new password works longer than it may",
        concept: "account-recovery",
        severity: High,
        needs: [reset_broken::CHECK, replay_reset::CHECK],
        world: Short,
        alone: Shared,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-6.6.2", "OWASP Forgot Password Cheat Sheet", "12factor III Config"],
        hints: [
            "Until when does the code in a mail work, and which line of your service decides it?",
            "An end that is only written in the mail is a wish; one that is compared at use is an end.",
            "Keep expires_at with the digest, set from RESET_TTL_SECONDS, and put `AND expires_at > now()` into the statement that takes the code.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "codes after their time",
    expected: "after its lifetime a code is refused",
    gain: "Whoever reads an old mailbox, a year later or after a breach, sets a password of their own.",
};

/// How long after its end a code is tried: clocks are read in whole seconds, and a letter takes its time.
const LATE: Duration = Duration::from_secs(4);

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let (mut accounts, post) = given!(cx.resets(&[]));
    let Some(ttl) = accounts.auth().env.ttls.get("reset_ttl") else {
        return Ok(skipped("the pack declares no lifetime of codes"));
    };
    let lives = Duration::from_secs(ttl.short);
    let account = control!(accounts.join().await?).account;
    let mut trials = Trials::new(cx);
    // Control: within its time a code works here too. One that came late has no time left.
    let fresh = control!(cx.reset_code((&mut accounts, &post), &account).await?);
    let (account, _) = control!(redeemed(&mut accounts, &account, &fresh.code).await?);
    let mailed = control!(cx.reset_code((&mut accounts, &post), &account).await?);
    // Nothing is asked meanwhile: there is nothing to see of a code but its use.
    let patience = Patience::new(lives + LATE);
    while patience.lasts().await {}
    let shown = [("asking for a new password", &mailed.asked)];
    let tried = (&account, mailed.code.as_str(), "a code after its time");
    trials
        .attempt(cx, &mut accounts, tried, &WORDS, &shown)
        .await?;
    trials.close(cx, &mut accounts, &account).await
}

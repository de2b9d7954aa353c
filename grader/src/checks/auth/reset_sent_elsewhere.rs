use serde_json::json;

use super::reset_broken;
use crate::check::Cx;
use crate::check::mailed::{redeemed, shown};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::actor::Actor;
use crate::probe::auth::Accounts;
use crate::probe::mail::Letter;
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// A new password is asked for with addresses that only resemble an account's own: a dotless `ı` for `i`, a long `ſ` for
    /// `s`, a Kelvin sign for `k`, full-width letters. They belong to somebody else, or to nobody. Then it is asked for with
    /// the address of another account, and that mail is waited for (C+). No mail that went to another address may hold a code
    /// that replaces the account's password.
    ///
    /// ## Why it matters
    /// Letters that differ become the same when they are made capital or brought into another form. Whoever looks an account
    /// up by such a form, and then writes to the address that was typed in, hands the account to whoever owns that address.
    ///
    /// ## Passes
    /// ```text
    /// POST /password-resets   {"email": "mıke@…"}   202, and no mail, or one to mike@…
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /password-resets   {"email": "mıke@…"}   202, and the code for mike@… goes to mıke@…
    /// ```
    ///
    /// ## How to mend it
    /// Send to the address that the account's row holds, never to the one that came in. And make addresses comparable in one
    /// place, the same for storing and for looking up.
    pub static CHECK = {
        id: "auth.reset-sent-elsewhere",
        summary: "the code for an account goes to an address that only resembles its own",
        concept: "account-recovery",
        severity: High,
        needs: [reset_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: RAISED,
        refs: ["CVE-2019-19844", "ASVS v5.0.0-6.4.3", "ASVS v5.0.0-1.1.1", "Unicode UTS #39"],
        hints: [
            "Two addresses: the one that was typed in, and the one in your table. To which of them does the mail go?",
            "Who asks is not proven yet; the only address that belongs to the account is the one that it has given before.",
            "Read the address from the row that you found, and send the mail there.",
        ],
        run,
    }
}

/// Letters, and others that become the same when they are made capital, small, or plain.
const ALIKE: [(char, char); 5] = [
    ('i', 'ı'),
    ('s', 'ſ'),
    ('k', '\u{212a}'),
    ('a', 'ａ'),
    ('e', 'ｅ'),
];

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let (mut accounts, post) = given!(cx.resets(&[]));
    let account = control!(accounts.join().await?).account;
    let mut findings = cx.findings();
    let mark = post.mark();
    let mut asked = Vec::new();
    for login in resembling(account.login.as_str().unwrap_or_default()) {
        let said = accounts.reset_request(&json!(login)).await?;
        asked.push((login, control!(said)));
    }
    // A limit on requests has decided nothing.
    if let Some((_, limited)) = asked.iter().find(|(_, said)| said.status() == Some(429)) {
        let control = format!("asking for a code answered {}", answer(limited));
        return Ok(Verdict::Inconclusive { control });
    }
    // C+: a letter that was asked for after them has come. To somebody else: this account's next code may end the one
    // before, and who has asked often may have to wait.
    let other = control!(accounts.join().await?).account;
    control!(cx.reset_code((&mut accounts, &post), &other).await?);
    for letter in post.since(mark) {
        let to = |(login, _): &&(String, Exchange)| letter.to.contains(login);
        let Some((_, said)) = asked.iter().find(to) else {
            continue;
        };
        if let Some(used) = opens(&mut accounts, &account, &letter).await? {
            let op = accounts.auth().ops.get(&Verb::ResetRequest);
            findings.add(Draft {
                subject: "where the code for a new password goes".to_owned(),
                touches: op.map(|o| cx.line(&o.op)).into_iter().collect(),
                saw: "the code for an account goes to an address that only resembles its own"
                    .to_owned(),
                expected: "a mail to the address that the account has given, or none".to_owned(),
                actual: format!("the mail went to {}", letter.to.join(", ")),
                note: Some(
                    "Whoever owns an address that looks like somebody's takes over the account."
                        .to_owned(),
                ),
                evidence: vec![
                    cx.seen("asking with an address that resembles it", said),
                    shown(&letter),
                    cx.seen("its code replaces the account's password", &used),
                ],
                ..Draft::default()
            });
            break;
        }
    }
    Ok(findings.verdict())
}

/// Addresses that are not this one, one for each letter before the sign that has a twin.
fn resembling(login: &str) -> Vec<String> {
    let (local, at) = login.split_at(login.find('@').unwrap_or_default());
    let twins = ALIKE
        .into_iter()
        .filter(|(plain, _)| local.contains(*plain));
    let other = |(plain, twin)| local.replacen(plain, &String::from(twin), 1) + at;
    twins.map(other).collect()
}

/// Whether the code in a letter replaces the password of this account; what that was answered.
async fn opens(
    accounts: &mut Accounts,
    account: &Actor,
    letter: &Letter,
) -> Result<Option<Exchange>, Fault> {
    let op = accounts.auth().ops.get(&Verb::ResetRequest);
    let code = op
        .and_then(|op| op.find.as_ref()?.of(&letter.text))
        .map(str::to_owned);
    let Some(code) = code else { return Ok(None) };
    let used = redeemed(accounts, account, &code).await?;
    Ok(used.ok().map(|(_, used)| used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_differs_by_one_letter() {
        let expected = ["mıke@x.test", "mi\u{212a}e@x.test", "mikｅ@x.test"];
        assert_eq!(resembling("mike@x.test"), expected);
        assert!(resembling("0049@x.test").is_empty() && resembling("mike").is_empty());
    }
}

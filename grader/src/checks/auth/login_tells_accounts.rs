use serde_json::Value;

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::Seat;
use crate::check::alike::{Parts, apart, parts};
use crate::check::entry::{Entry, Said, line};
use crate::check::guard::Guard;
use crate::check::honest::manner;
use crate::model::{Draft, Exchange, Fault, Manner, Verdict};
use crate::pack::Verb;
use crate::probe::auth::Accounts;
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Four logins with a wrong password: two to an address that has an account, two to addresses that have none. Status,
    /// names of headers and every text of the body are compared. What was sent, numbers, and what differs between two
    /// answers of the same kind do not count. The same is done where a reset of a password is asked for, unless the
    /// service fails there because no mail can be sent now. How long an answer takes is not looked at here.
    ///
    /// ## Why it matters
    /// Whoever tries addresses learns who has an account: half of a guess, and sometimes all that they wanted to know.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions   {"email": "ada@…", …}      401  {"detail": "The address or the password is wrong."}
    /// POST /sessions   {"email": "nobody@…", …}   401  {"detail": "The address or the password is wrong."}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions   {"email": "ada@…", …}      401  {"detail": "The password is wrong."}
    /// POST /sessions   {"email": "nobody@…", …}   404  {"detail": "There is no such account."}
    /// ```
    ///
    /// ## How to mend it
    /// Let both cases end in one branch that makes one answer. Where there is no account, compare with a hash that
    /// nobody's password fits. Answer a request for a reset at once with 202, whoever asks.
    pub static CHECK = {
        id: "auth.login-tells-accounts",
        summary: "the answer to a wrong login tells whether the account exists",
        concept: "enumeration",
        severity: Medium,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-6.3.8", "WSTG-IDNT-04", "OWASP Forgot Password CS"],
        hints: [
            "Log in with a wrong password, and with an address that nobody has. What is different between the two replies?",
            "A refusal says that it is one, and not which of its reasons it had.",
            "Make one branch for `no account` and `wrong password`, with one status, one text and the same headers, and one answer for every request for a reset.",
        ],
        run,
    }
}

/// An answer, and its parts.
struct Told {
    exchange: Exchange,
    parts: Parts,
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let known = control!(accounts.join().await?);
    let other = control!(cx.shared(&mut accounts, Seat::B).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &known).await?);
    let login = known.account.login.clone();
    let nobody = control!(accounts.draw(None)).login;
    let nobody_else = control!(accounts.draw(None)).login;
    // In this order no two of a kind are asked by the same turns: services may have several workers.
    let all = [&login, &nobody, &nobody_else, &login];

    let mut told = Vec::new();
    for who in all {
        let wrong = accounts.password();
        let asked = control!(accounts.login(who, &wrong).await?);
        told.push(control!(read(&asked, &[who, &wrong])));
    }
    judge(cx, &accounts, &mut guard, Verb::Login, &told);

    if accounts.auth().ops.contains_key(&Verb::ResetRequest) {
        let mut told = Vec::new();
        for who in all {
            let asked = accounts.reset_request(who).await?;
            told.extend(asked.ok().and_then(|asked| read(&asked, &[who]).ok()));
        }
        // A mail that cannot be sent now is no answer to a stranger's question.
        let about_it = told.first().into_iter().chain(told.last());
        let sent = about_it
            .map(|t| Said::by(&t.exchange))
            .all(|said| said == Said::Yes);
        if told.len() == all.len() && sent {
            judge(cx, &accounts, &mut guard, Verb::ResetRequest, &told);
        }
    }
    if !matches!(
        Entry::of(&mut accounts, &known.account).await?,
        Entry::In(_)
    ) {
        guard.doubt("afterwards the right password does not log in".to_owned());
    }
    guard.close(cx, &mut accounts, Some(&other)).await
}

/// Takes an answer apart; the reason where it decides nothing.
fn read(exchange: &Exchange, said: &[&Value]) -> Result<Told, String> {
    if Said::by(exchange) == Said::Unclear {
        return Err(format!(
            "a login with a wrong password was answered {}",
            answer(exchange)
        ));
    }
    let parts = parts(exchange, said).unwrap_or_default();
    Ok(Told {
        exchange: exchange.clone(),
        parts,
    })
}

/// Compares answers about an account, the first and the last, with those about none.
fn judge(cx: &Cx, accounts: &Accounts, guard: &mut Guard, verb: Verb, told: &[Told]) {
    let [known, nobody, nobody_else, again] = told else {
        return;
    };
    let broke = told.iter().find(|t| manner(&t.exchange) != Manner::Wrong);
    let line = line(cx, accounts, verb);
    let what = match verb {
        Verb::Login => "a wrong login",
        _ => "a request for a reset",
    };
    let status = |a: &Told, b: &Told| a.exchange.status() == b.exchange.status();
    if !status(known, again) || !status(nobody, nobody_else) {
        guard.doubt(format!("{line} did not answer {what} the same way twice"));
        return;
    }
    let parts = [&known.parts, &again.parts];
    let differs = apart(parts, [&nobody.parts, &nobody_else.parts]);
    if differs.is_empty() && broke.is_none() {
        return;
    }
    let saw = match broke {
        Some(_) => format!("{what} breaks the service"),
        None => format!("{what} is answered otherwise where there is an account"),
    };
    let named = differs
        .iter()
        .take(3)
        .map(String::as_str)
        .collect::<Vec<_>>();
    guard.find(Draft {
        subject: format!("what the answer to {what} tells"),
        touches: vec![line],
        saw,
        expected: "the same answer whether or not there is an account".to_owned(),
        actual: match named.as_slice() {
            [] => answer(&known.exchange),
            named => format!(
                "{} with an account and {} without; they differ in {}",
                answer(&known.exchange),
                answer(&nobody.exchange),
                named.join(", ")
            ),
        },
        note: Some(
            "With a list of addresses and an afternoon anybody learns who has an account here."
                .to_owned(),
        ),
        manner: broke.map_or(Manner::Wrong, |t| manner(&t.exchange)),
        evidence: vec![
            cx.seen("about an address that has an account", &known.exchange),
            cx.seen("about an address that has none", &nobody.exchange),
            cx.seen("about another one that has none", &nobody_else.exchange),
        ],
    });
}

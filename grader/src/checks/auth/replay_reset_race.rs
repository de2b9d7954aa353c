use serde_json::Value;

use super::replay_reset;
use crate::check::accounts::skipped;
use crate::check::fan::holder;
use crate::check::mailed::Mailed;
use crate::check::rush::Rush;
use crate::check::{LocksCx, note};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::Request;
use crate::probe::actor::Actor;
use crate::probe::auth::Accounts;
use crate::probe::plant::{NotPlanted, answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// One code is sent four times at once, each time with another password, to two copies of the service. All are held
    /// where they write (nobody may write to that table for a moment, everybody may read), and let go together, once
    /// for each table that a confirmation writes to. One of them may be acknowledged, and its password is the one
    /// that logs in.
    ///
    /// ## Why it matters
    /// Who looks whether a code is unused, and marks it afterwards, has let everybody look who came meanwhile. Setting a
    /// password takes a slow hash, so that meanwhile is long.
    ///
    /// ## Passes
    /// ```text
    /// POST /password-resets/confirm ×4      204, 422, 422, 422
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /password-resets/confirm ×4      204, 204, 204, 204
    /// ```
    ///
    /// ## How to mend it
    /// Make the use of the code a write that only one can do: `DELETE … WHERE digest = … RETURNING account_id`, or
    /// `UPDATE … SET used_at = now() WHERE digest = … AND used_at IS NULL`, and go on only if it met a row.
    pub static CHECK = {
        id: "auth.replay-reset-race",
        summary: "one code, sent several times at once, is used several times",
        concept: "account-recovery",
        severity: High,
        needs: [replay_reset::CHECK],
        world: Replicas,
        alone: Locks,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-15.4.2", "ASVS v5.0.0-6.5.1", "Warszawski & Bailis, ACIDRain, SIGMOD 2017"],
        hints: [
            "Two requests with the same code arrive together. What has each of them seen before it writes?",
            "A code is spent by the statement that takes it, and a statement can take a row only once.",
            "Replace the SELECT before by DELETE … RETURNING (or UPDATE … WHERE used_at IS NULL) in the transaction that sets the password, and refuse when no row came back.",
        ],
        run,
    }
}

/// So many uses of one code at once.
const AT_ONCE: usize = 4;

async fn run(cx: &mut LocksCx) -> Result<Verdict, Fault> {
    let (mut accounts, post) = given!(cx.resets(&[]));
    let Some(observer) = cx.observer().await? else {
        return Ok(skipped("there is no database to look at"));
    };
    let mut account = control!(accounts.join().await?).account;
    let code = control!(cx.reset_code((&mut accounts, &post), &account).await?);
    let changes = control!(cx.changes().await?);
    let secret = accounts.password();
    let request = control!(accounts.reset_confirmation(&code.code, &secret));
    let written = cx.written(request, &changes).await;
    changes.close().await?;
    let (alone, names) = written?;
    if !said_yes(&alone) {
        let control = format!("one code alone was answered {}", answer(&alone));
        return Ok(Verdict::Inconclusive { control });
    }
    account.secret = secret;
    let catalog = observer.catalog().await?;
    let mut findings = cx.findings();
    let mut most = 0;
    for table in names.iter().filter_map(|name| holder(&catalog, name)) {
        let code = control!(cx.reset_code((&mut accounts, &post), &account).await?);
        let (secrets, requests) = control!(requests(cx, &mut accounts, &code));
        let Some(rush) = cx.rush(table, requests).await? else {
            let control = format!("somebody holds `{table}` and does not let go");
            return Ok(Verdict::Inconclusive { control });
        };
        most = most.max(rush.waited);
        let yes = rush.answers.iter().filter(|a| said_yes(a)).count();
        let Some(works) = works(&mut accounts, &account, &secrets).await? else {
            let control = "after several uses of a code at once, none of the passwords logs in";
            return Ok(Verdict::Inconclusive {
                control: control.to_owned(),
            });
        };
        account.secret = works;
        if yes > 1 {
            findings.add(draft(cx, &accounts, &code, &rush));
            break;
        }
    }
    if findings.is_empty() && most < 2 {
        let control = "the requests did not meet: never did two of them wait at once".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

/// The same code with as many passwords, each for a copy of the service.
fn requests(
    cx: &LocksCx,
    accounts: &mut Accounts,
    code: &Mailed,
) -> Result<(Vec<Value>, Vec<Request>), NotPlanted> {
    let (mut secrets, mut all) = (Vec::new(), Vec::new());
    for n in 0..AT_ONCE {
        let secret = accounts.password();
        let request = accounts.reset_confirmation(&code.code, &secret)?;
        all.push(request.at(&cx.replica(n)));
        secrets.push(secret);
    }
    Ok((secrets, all))
}

/// The one of these passwords, or the one of before, that logs in.
async fn works(
    accounts: &mut Accounts,
    account: &Actor,
    secrets: &[Value],
) -> Result<Option<Value>, Fault> {
    for secret in secrets.iter().chain([&account.secret]) {
        if let Ok(tried) = accounts.login(&account.login, secret).await?
            && said_yes(&tried)
        {
            return Ok(Some(secret.clone()));
        }
    }
    Ok(None)
}

fn draft(cx: &LocksCx, accounts: &Accounts, code: &Mailed, rush: &Rush) -> Draft {
    let op = accounts.auth().ops.get(&Verb::ResetConfirm);
    let line = op.map(|op| cx.line(&op.op)).unwrap_or_default();
    let answers: Vec<String> = rush.answers.iter().map(answer).collect();
    let mut evidence = vec![
        cx.seen("asking for a new password", &code.asked),
        note(format!(
            "{AT_ONCE} uses of one code were sent at once; {} waited for the same table",
            rush.waited
        )),
    ];
    let yes = rush.answers.iter().filter(|a| said_yes(a));
    evidence.extend(
        yes.take(2)
            .map(|a: &Exchange| cx.seen("one use of the code", a)),
    );
    Draft {
        subject: "one code used at once".to_owned(),
        touches: vec![line],
        saw: "one code sets several passwords when it is sent several times at once".to_owned(),
        expected: "one of them is acknowledged, the others are refused".to_owned(),
        actual: answers.join(", "),
        note: Some("Whoever copied the mail and comes at the same moment is acknowledged too, and the last one has the account.".to_owned()),
        evidence,
        ..Draft::default()
    }
}

use super::replay_one_time_code;
use crate::check::accounts::skipped;
use crate::check::fan::holder;
use crate::check::rush::Rush;
use crate::check::{LocksCx, note};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::auth::Accounts;
use crate::probe::plant::{answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// One code that was mailed is sent four times at once, to two copies of the service. All are held where they write
    /// (nobody may write to that table for a moment, everybody may read), and let go together, once for each table that
    /// coming in by a code writes to. One session may come of it.
    ///
    /// ## Why it matters
    /// Who looks whether a code is unused, and removes it afterwards, has let everybody in who came meanwhile: the reader,
    /// and whoever watched their mail.
    ///
    /// ## Passes
    /// ```text
    /// POST /links/follow ×4      201, 401, 401, 401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /links/follow ×4      201, 201, 201, 201
    /// ```
    ///
    /// ## How to mend it
    /// Make the use of the code a write that only one can do: `DELETE … WHERE digest = … RETURNING account_id`, and start a
    /// session only if a row came back.
    pub static CHECK = {
        id: "auth.replay-one-time-code-race",
        summary: "a mailed code, sent several times at once, logs in several times",
        concept: "account-recovery",
        severity: High,
        needs: [replay_one_time_code::CHECK],
        world: Replicas,
        alone: Locks,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-15.4.2", "ASVS v5.0.0-6.5.1", "Warszawski & Bailis, ACIDRain, SIGMOD 2017"],
        hints: [
            "Two requests with the same code arrive together. What has each of them seen before it writes?",
            "A code is spent by the statement that takes it, and a statement can take a row only once.",
            "Replace the SELECT before by DELETE … RETURNING in the transaction that starts the session, and refuse when no row came back.",
        ],
        run,
    }
}

/// So many uses of one code at once.
const AT_ONCE: usize = 4;

async fn run(cx: &mut LocksCx) -> Result<Verdict, Fault> {
    let verbs = [Verb::Register, Verb::MagicRequest, Verb::MagicConfirm];
    let (mut accounts, post) = given!(cx.mails(&verbs, Verb::MagicRequest));
    let Some(observer) = cx.observer().await? else {
        return Ok(skipped("there is no database to look at"));
    };
    let honest = control!(accounts.join().await?);
    let ask = Verb::MagicRequest;
    let code = control!(
        cx.mailed_code((&mut accounts, &post), ask, &honest.account)
            .await?
    );
    let changes = control!(cx.changes().await?);
    let request = control!(accounts.following(&honest, &code.code));
    let written = cx.written(request, &changes).await;
    changes.close().await?;
    let (alone, names) = written?;
    if !said_yes(&alone) {
        let control = format!("one code alone was answered {}", answer(&alone));
        return Ok(Verdict::Inconclusive { control });
    }
    let catalog = observer.catalog().await?;
    let mut findings = cx.findings();
    let mut most = 0;
    for table in names.iter().filter_map(|name| holder(&catalog, name)) {
        let code = control!(
            cx.mailed_code((&mut accounts, &post), ask, &honest.account)
                .await?
        );
        let mut requests = Vec::new();
        for n in 0..AT_ONCE {
            let request = control!(accounts.following(&honest, &code.code));
            requests.push(request.at(&cx.replica(n)));
        }
        let Some(rush) = cx.rush(table, requests).await? else {
            let control = format!("somebody holds `{table}` and does not let go");
            return Ok(Verdict::Inconclusive { control });
        };
        most = most.max(rush.waited);
        let mut inside = Vec::new();
        for said in rush.answers.iter().filter(|a| said_yes(a)) {
            if let Ok(session) = accounts.followed(&honest, said.clone())
                && accounts
                    .whoami(&session.bearer())
                    .await?
                    .is(&honest.account)
            {
                inside.push(session.exchange);
            }
        }
        match inside.as_slice() {
            [] => {
                let control = "of several uses of a code at once none logs in".to_owned();
                return Ok(Verdict::Inconclusive { control });
            }
            [_] => {}
            several => {
                findings.add(draft(cx, &accounts, &code.asked, (&rush, several)));
                break;
            }
        }
    }
    if findings.is_empty() && most < 2 {
        let control = "the requests did not meet: never did two of them wait at once".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

fn draft(
    cx: &LocksCx,
    accounts: &Accounts,
    asked: &Exchange,
    (rush, inside): (&Rush, &[Exchange]),
) -> Draft {
    let op = accounts.auth().ops.get(&Verb::MagicConfirm);
    let answers: Vec<String> = rush.answers.iter().map(answer).collect();
    let mut evidence = vec![
        cx.seen("asking for a code", asked),
        note(format!(
            "{AT_ONCE} uses of one code were sent at once; {} waited for the same table",
            rush.waited
        )),
    ];
    evidence.extend(
        inside
            .iter()
            .take(2)
            .map(|said| cx.seen("one use of the code", said)),
    );
    Draft {
        subject: "one code used at once".to_owned(),
        touches: op.map(|o| cx.line(&o.op)).into_iter().collect(),
        saw: format!("one code logs in {} times when it is sent several times at once", inside.len()),
        expected: "one of them logs in, the others are refused".to_owned(),
        actual: answers.join(", "),
        note: Some("Whoever copied the mail and comes at the same moment has a session too, and nobody notices.".to_owned()),
        evidence,
        ..Draft::default()
    }
}

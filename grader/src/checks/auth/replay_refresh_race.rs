use super::replay_refresh_rotation;
use crate::check::accounts::skipped;
use crate::check::fan::holder;
use crate::check::rush::Rush;
use crate::check::{LocksCx, note};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{RefreshUse, Verb};
use crate::probe::Request;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{NotPlanted, answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// One refresh token is sent four times at once, to two copies of the service. All are held where they write (nobody
    /// may write to that table for a moment, everybody may read), and let go together, once for each table that a
    /// refresh writes to. Then each refresh token that was given for it is tried: at most one of them may work.
    ///
    /// ## Why it matters
    /// Who looks whether a token is spent, and marks it afterwards, has let everybody look who came meanwhile. A thief
    /// who refreshes in the same moment as the owner has a line of tokens of their own from then on, and no token was
    /// ever seen twice.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions/refresh ×4      200, 401, 401, 401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions/refresh ×4      200, 200, 200, 200
    /// ```
    ///
    /// ## How to mend it
    /// Spend the token by a write that only one can do: `UPDATE … SET spent_at = now() WHERE digest = … AND spent_at IS
    /// NULL RETURNING …`, or `DELETE … RETURNING …`, and give new tokens only where a row came back.
    pub static CHECK = {
        id: "auth.replay-refresh-race",
        summary: "one refresh token, sent several times at once, gives several lines of tokens",
        concept: "replay",
        severity: High,
        needs: [replay_refresh_rotation::CHECK],
        world: Replicas,
        alone: Locks,
        runtimes: RAISED,
        refs: ["RFC 9700 §4.14.2", "ASVS v5.0.0-15.4.2", "ASVS v5.0.0-10.4.5"],
        hints: [
            "Two requests with the same refresh token arrive together. What has each of them seen before it writes?",
            "A token is spent by the statement that changes its row, and of two such statements only one finds it unspent.",
            "Put the condition into the write (UPDATE … WHERE digest = $1 AND spent_at IS NULL RETURNING …), and refuse where no row came back.",
        ],
        run,
    }
}

/// So many uses of one token at once.
const AT_ONCE: usize = 4;

async fn run(cx: &mut LocksCx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::Refresh]));
    let policy = accounts.auth().policy.refresh.clone();
    if policy.usage == RefreshUse::Many || policy.grace_s > 0 {
        let why = "the pack lets a refresh token be used again, for a while at least";
        return Ok(skipped(why));
    }
    let Some(observer) = cx.observer().await? else {
        return Ok(skipped("there is no database to look at"));
    };
    let first = control!(accounts.join().await?);
    let changes = cx.changes().await?;
    let changes = control!(changes);
    let request = control!(accounts.refreshing(&first));
    let written = cx.written(request, &changes).await;
    changes.close().await?;
    let (alone, names) = written?;
    let alone = control!(accounts.renewed(&first, alone));
    if alone.refresh() == first.refresh() {
        let control = "a refresh gives no new refresh token".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let catalog = observer.catalog().await?;
    let mut findings = cx.findings();
    let mut most = 0;
    for table in names.iter().filter_map(|name| holder(&catalog, name)) {
        // A session of its own for each: a service may end the one whose token came several times.
        let session = control!(accounts.enter(&first.account).await?);
        let requests = control!(requests(cx, &mut accounts, &session));
        let Some(rush) = cx.rush(table, requests).await? else {
            let control = format!("somebody holds `{table}` and does not let go");
            return Ok(Verdict::Inconclusive { control });
        };
        most = most.max(rush.waited);
        let lines = lines(&mut accounts, &session, &rush).await?;
        if lines.len() > 1 {
            findings.add(draft(cx, &accounts, &session, &rush, &lines));
            break;
        }
    }
    if findings.is_empty() && most < 2 {
        let control = "the requests did not meet: never did two of them wait at once".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    // The service goes on: who was refused comes in again.
    let back = control!(accounts.enter(&first.account).await?);
    if !accounts.whoami(&back.bearer()).await?.is(&back.account) {
        let control = "who logs in again after several refreshes at once is not known".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

/// The same refresh as many times, each for a copy of the service.
fn requests(
    cx: &LocksCx,
    accounts: &mut Accounts,
    session: &Session,
) -> Result<Vec<Request>, NotPlanted> {
    let one = |n| Ok(accounts.refreshing(session)?.at(&cx.replica(n)));
    (0..AT_ONCE).map(one).collect()
}

/// A refresh token that was given for the same one, and the refresh in which it worked.
struct Line {
    given: Exchange,
    works: Exchange,
}

/// Those of the refresh tokens given that work, each once.
async fn lines(
    accounts: &mut Accounts,
    session: &Session,
    rush: &Rush,
) -> Result<Vec<Line>, Fault> {
    let mut given: Vec<Session> = Vec::new();
    for exchange in &rush.answers {
        let Ok(next) = accounts.renewed(session, exchange.clone()) else {
            continue;
        };
        // A service may give the same answer to all of them.
        if next.refresh() != session.refresh()
            && !given.iter().any(|g| g.refresh() == next.refresh())
        {
            given.push(next);
        }
    }
    let mut lines = Vec::new();
    for next in given {
        if let Ok(works) = accounts.refresh(&next).await? {
            lines.push(Line {
                given: next.exchange,
                works: works.exchange,
            });
        }
    }
    Ok(lines)
}

fn draft(
    cx: &LocksCx,
    accounts: &Accounts,
    session: &Session,
    rush: &Rush,
    lines: &[Line],
) -> Draft {
    let op = accounts.auth().ops.get(&Verb::Refresh);
    let line = op.map(|op| cx.line(&op.op)).unwrap_or_default();
    let answers: Vec<String> = rush.answers.iter().map(answer).collect();
    let yes = rush.answers.iter().filter(|a| said_yes(a)).count();
    let mut evidence = vec![
        cx.seen("the login that gave the token", &session.exchange),
        note(format!(
            "{AT_ONCE} uses of one refresh token were sent at once; {} waited for the same table, {yes} were answered with tokens",
            rush.waited
        )),
    ];
    for one in lines.iter().take(2) {
        evidence.push(cx.seen("one use of the token", &one.given));
        evidence.push(cx.seen("what it gave, used", &one.works));
    }
    Draft {
        subject: "one refresh token used at once".to_owned(),
        touches: vec![line],
        saw: "one refresh token gives several lines of tokens when it is sent several times at once"
            .to_owned(),
        expected: "one use gives the next token, the others are refused".to_owned(),
        actual: answers.join(", "),
        note: Some("Whoever copied the token and refreshes in the same moment as its owner stays in beside them, and no token is ever seen twice.".to_owned()),
        evidence,
        ..Draft::default()
    }
}

use serde_json::Value;

use super::replay_logout;
use crate::check::Cx;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account asks for the list of its sessions, logs in a second time, asks again, logs the second session out and
    /// asks a third time. The second login must be one more entry, and its entry must be gone after the logout, or at
    /// least say otherwise than before.
    ///
    /// ## Why it matters
    /// The list is how somebody sees that a stranger is in, and whether throwing them out has worked. A list that leaves
    /// sessions out calms where it should warn; one that keeps ended sessions is not looked at twice.
    ///
    /// ## Passes
    /// ```text
    /// GET /sessions       200  two entries after the second login, one after its logout
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /sessions       200  one entry after the second login: the own session alone
    /// ```
    ///
    /// ## How to mend it
    /// Select by the account, from the same rows and by the same condition that let a credential in.
    pub static CHECK = {
        id: "auth.session-list-wrong",
        summary: "the list of sessions is not what sessions there are",
        concept: "sessions",
        severity: Medium,
        needs: [replay_logout::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-7.5.2", "WSTG-SESS-11"],
        hints: [
            "Log in on two devices. Which of them does your list of sessions show, and what does it show when one has logged out?",
            "What is listed and what is let in are the same rows under the same condition.",
            "Use one query for both: the sessions of this account that have not ended.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::Logout, Verb::Sessions]));
    let first = control!(accounts.join().await?);
    let (_, before) = control!(list(&mut accounts, &first).await?);
    let second = control!(accounts.enter(&first.account).await?);
    let (login, during) = control!(list(&mut accounts, &first).await?);
    let known: Vec<&Value> = before.iter().filter_map(name).collect();
    let new = |entry: &&Value| name(entry).is_some_and(|name| !known.contains(&name));
    let added: Vec<&Value> = during.iter().filter(new).collect();
    let mut findings = cx.findings();
    let [entry] = added.as_slice() else {
        // Entries without names of their own can still be counted.
        if during.len() <= before.len() {
            findings.add(draft(
                cx,
                "a login adds no entry to the account's list of sessions",
                "one entry more than before the login",
                (&login, during.len()),
            ));
        } else if !added.is_empty() {
            let control = format!("one login more, and {} entries more", added.len());
            return Ok(Verdict::Inconclusive { control });
        }
        return Ok(findings.verdict());
    };
    let out = control!(accounts.logout(&second).await?);
    if !said_yes(&out) {
        let control = format!("logging out answered {}", answer(&out));
        return Ok(Verdict::Inconclusive { control });
    }
    // C: the session is really out.
    if !accounts.whoami(&second.bearer()).await?.refused() {
        let control = "the session that was logged out is still let in".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let (after, left) = control!(list(&mut accounts, &first).await?);
    // An entry that says something else now, an end for instance, tells what became of it.
    if left.contains(entry) {
        findings.add(draft(
            cx,
            "a session that was logged out is still listed",
            "no entry for it, or one that says that it has ended",
            (&after, left.len()),
        ));
    }
    Ok(findings.verdict())
}

/// The entries as the session sees them; why there are none to be seen.
async fn list(
    accounts: &mut Accounts,
    session: &Session,
) -> Result<Result<(Exchange, Vec<Value>), String>, Fault> {
    let exchange = match accounts.ask(Verb::Sessions, Some(session), &[]).await? {
        Ok(exchange) => exchange,
        Err(why) => return Ok(Err(why.to_string())),
    };
    if !said_yes(&exchange) {
        let said = answer(&exchange);
        return Ok(Err(format!("the list of sessions answered {said}")));
    }
    let body = exchange.json();
    let entries = body.and_then(|body| entries(&body));
    Ok(entries
        .map(|entries| (exchange, entries))
        .ok_or_else(|| "the list of sessions holds no list of objects".to_owned()))
}

/// The list itself, or the one list among the members of an object.
fn entries(body: &Value) -> Option<Vec<Value>> {
    let lists: Vec<&Vec<Value>> = match body {
        Value::Array(list) => vec![list],
        Value::Object(members) => members.values().filter_map(Value::as_array).collect(),
        _ => Vec::new(),
    };
    let [list] = lists.as_slice() else {
        return None;
    };
    list.iter().all(Value::is_object).then(|| (*list).clone())
}

/// What names an entry: its `id`, or another member whose name ends so.
fn name(entry: &Value) -> Option<&Value> {
    let members = entry.as_object()?;
    let named = members.iter().find(|(name, _)| name.ends_with("id"));
    members.get("id").or(named.map(|(_, value)| value))
}

fn draft(cx: &Cx, saw: &str, expected: &str, (exchange, entries): (&Exchange, usize)) -> Draft {
    Draft {
        subject: "the list of sessions".to_owned(),
        saw: saw.to_owned(),
        expected: expected.to_owned(),
        actual: format!("{}, entries: {entries}", answer(exchange)),
        note: Some(
            "Somebody who looks whether a stranger is in their account sees what is not so."
                .to_owned(),
        ),
        evidence: vec![cx.seen("the list", exchange)],
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entries_are_found_where_there_is_one_list() {
        let one = json!([{"id": 1}]);
        assert_eq!(entries(&one), Some(vec![json!({"id": 1})]));
        assert_eq!(
            entries(&json!({"items": [{"id": 1}], "next": null})),
            Some(vec![json!({"id": 1})])
        );
        assert_eq!(entries(&json!({"a": [], "b": []})), None);
        assert_eq!(entries(&json!({"items": ["x"]})), None);
        assert_eq!(name(&json!({"session_id": 7, "at": "x"})), Some(&json!(7)));
        assert_eq!(name(&json!({"at": "x"})), None);
    }
}

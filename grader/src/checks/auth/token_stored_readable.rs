use super::login_broken;
use crate::check::accounts::skipped;
use crate::check::guard::Guard;
use crate::check::passwords::{Found, Secret, Spelling, Sweep, spellings, token_spellings, veiled};
use crate::check::{Cx, note};
use crate::model::{Draft, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::auth::{Accounts, Session};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account logs in, and every row of every table is searched for what it was given: as it is, in hex, in
    /// base64, as the bytes that it stands for, and without its prefix. Then the refresh token is used, so what was
    /// looked for is what opens the door. A refresh token that stands there is a finding; an access token or a
    /// session's id that stands there is advice. The id of a token, or a part that only finds its row, is no secret.
    ///
    /// ## Why it matters
    /// Whoever reads a table of live tokens is logged in as everybody in it, without one password. A digest tells the
    /// right token as well as the token itself does, and opens nothing.
    ///
    /// ## Passes
    /// ```text
    /// SELECT digest FROM refresh_token      \x5e88…     SHA-256 of the token
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// SELECT token FROM refresh_token       kR3v…       the token itself
    /// ```
    ///
    /// ## How to mend it
    /// Store the SHA-256 of the token, and look up the SHA-256 of what comes. A token of 256 random bits needs nothing
    /// slower, and no salt. Then delete the rows of before, for their tokens have stood there.
    pub static CHECK = {
        id: "auth.token-stored-readable",
        summary: "a live refresh token can be read in a table",
        concept: "credentials",
        severity: Medium,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-6.5.2", "RFC 9700 §4.14", "RFC 6819 §5.1.4.1.3", "CWE-312"],
        hints: [
            "Somebody reads your table of sessions. Do they need a password to be one of those people?",
            "The service must know a token again, not have it: a digest of a long random text does that and opens nothing.",
            "Store the SHA-256 of the refresh token in the place of the token, and hash what comes before you look for it.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let Some(observer) = cx.observer().await? else {
        return Ok(skipped("there is no database to look at"));
    };
    let session = control!(accounts.join().await?);
    let guard = control!(Guard::open(cx, &mut accounts, &session).await?);
    let access = secret("an access token", session.access());
    let refresh = session
        .refresh()
        .map(|text| secret("a refresh token", text));
    let all: Vec<Secret> = refresh.iter().cloned().chain([access]).collect();
    let sweep = control!(Sweep::through(&observer, &all, &session.account.login).await?);
    let texts: Vec<&str> = all.iter().map(|s| s.text.as_str()).collect();
    let login = cx.seen("the login that gave it", &veiled(&session.exchange, &texts));
    let (mut findings, mut advice) = (cx.findings(), cx.findings());
    for found in &sweep.0 {
        let mut draft = draft(found);
        draft.evidence.push(login.clone());
        match found.what.as_str() {
            "a refresh token" => findings.add(draft),
            _ => advice.add(draft),
        }
    }
    // Only what opens a door is a secret.
    let lives = accounts
        .whoami(&session.bearer())
        .await?
        .is(&session.account);
    if !advice.is_empty() && !lives {
        advice = cx.findings();
    }
    if refresh.is_some() && accounts.auth().ops.contains_key(&Verb::Refresh) {
        control!(renewed(&mut accounts, &session).await?);
    }
    if !findings.is_empty() {
        return Ok(findings.verdict());
    }
    match guard.close(cx, &mut accounts, None).await? {
        Verdict::Pass { .. } => Ok(advice.advice()),
        other => Ok(other),
    }
}

/// The refresh token works: what was looked for is what the service takes.
async fn renewed(accounts: &mut Accounts, session: &Session) -> Result<Result<(), String>, Fault> {
    Ok(match accounts.refresh(session).await? {
        Ok(_) => Ok(()),
        Err(why) => Err(why.to_string()),
    })
}

fn secret(what: &str, text: &str) -> Secret {
    let mut all: Vec<Spelling> = spellings(text);
    all.extend(token_spellings(text));
    Secret {
        what: what.to_owned(),
        text: text.to_owned(),
        spellings: all,
    }
}

fn draft(found: &Found) -> Draft {
    let stands = format!("{} stands in `{}`, {}", found.what, found.place, found.how);
    Draft {
        subject: found.place.clone(),
        saw: format!("{} that is live can be read in a table", found.what),
        expected: "a table holds a digest of a token, from which the token cannot be had"
            .to_owned(),
        actual: stands.clone(),
        note: Some(
            "Whoever reads the table goes on with the sessions of everybody in it.".to_owned(),
        ),
        evidence: vec![note(stands)],
        ..Draft::default()
    }
}

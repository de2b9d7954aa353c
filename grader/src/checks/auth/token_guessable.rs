use super::login_broken;
use crate::check::accounts::skipped;
use crate::check::guessable::{Guess, Sample, guessed};
use crate::check::{Cx, note};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::auth::{Accounts, Jwt, Session};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Ten logins, or ten refreshes of one session where the project has them, give tokens that are no JSON Web Tokens:
    /// what is kept at the server and known by its text alone. Side by side they must differ in at least 96 bits; what
    /// is the same in all of them, a prefix or a version, does not count. And none may be a digest (MD5, SHA-1, SHA-256)
    /// or the mere text of the account's address or id, of the second it was made in, or of both.
    ///
    /// ## Why it matters
    /// Whoever knows such a token is the account. If it follows from the clock, from a counter or from an address, it
    /// can be worked out; if it is short, all of them can be tried while their owners sleep.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions/refresh   200  {"refresh_token": "hV2nQ8xYc0…"}   256 random bits
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions/refresh   200  {"refresh_token": "0000000000000417"}
    /// ```
    ///
    /// ## How to mend it
    /// Take 32 bytes from the generator of your system (`secrets.token_urlsafe(32)`, `crypto.randomBytes(32)`). A UUID is
    /// made to differ, not to be secret: only its fourth version is random, and `Math.random()` is not made for secrets.
    pub static CHECK = {
        id: "auth.token-guessable",
        summary: "tokens are short, or follow from what others know",
        concept: "credentials",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-7.2.3", "ASVS v5.0.0-11.5.1", "CWE-330", "CWE-331"],
        hints: [
            "Look at ten of your tokens side by side. Which characters never change, and which change by how much?",
            "A token is a password that nobody has to remember: long, random, and made of nothing that anybody knows.",
            "Replace whatever makes it by your language's generator for secrets, and take 32 bytes of it.",
        ],
        run,
    }
}

/// How many are laid side by side.
const MANY: usize = 10;

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let first = control!(accounts.join().await?);
    let opaque = |text: &str| Jwt::read(text).is_none();
    if !opaque(first.access()) && first.refresh().is_none_or(|text| !opaque(text)) {
        return Ok(skipped(
            "every token is a JSON Web Token: its signature is what nobody can guess",
        ));
    }
    let (sessions, how) = match several(&mut accounts, &first).await? {
        Ok(several) => several,
        Err(control) => return Ok(Verdict::Inconclusive { control }),
    };
    // C+: what is looked at is what lets somebody in.
    if let Some(last) = sessions.last()
        && !accounts.whoami(&last.bearer()).await?.is(&last.account)
    {
        let control = "the last of the tokens is not known".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let id = accounts.whoami(&first.bearer()).await?;
    let id = id
        .exchange()
        .json()
        .and_then(|body| body.get("id").cloned());
    let mut known = vec![("the account's address", plain(&first.account.login))];
    known.extend(id.map(|id| ("the account's id", plain(&id))));
    let samples = |of: &dyn Fn(&Session) -> Option<String>| {
        let texts = sessions.iter().filter_map(|session| {
            Some(Sample {
                text: of(session).filter(|text| opaque(text))?,
                known: known.clone(),
                second: second(&session.exchange),
            })
        });
        texts.collect::<Vec<_>>()
    };
    let kinds = [
        ("access token", samples(&|s| Some(s.access().to_owned()))),
        (
            "refresh token",
            samples(&|s| s.refresh().map(str::to_owned)),
        ),
    ];
    let mut findings = cx.findings();
    for (kind, samples) in &kinds {
        let Some(guess) = guessed(samples) else {
            continue;
        };
        findings.add(draft(cx, kind, samples, &guess, (how, &sessions)));
    }
    Ok(findings.verdict())
}

/// Sessions of one account, one after the other, and how they came about.
async fn several(
    accounts: &mut Accounts,
    first: &Session,
) -> Result<Result<(Vec<Session>, &'static str), String>, Fault> {
    let mut all = vec![first.clone()];
    let refreshes = accounts.auth().ops.contains_key(&Verb::Refresh) && first.refresh().is_some();
    while refreshes && all.len() < MANY {
        let Ok(next) = accounts.refresh(&all[all.len() - 1]).await? else {
            break;
        };
        // Where the token stays the same, there is nothing to lay beside it.
        if next.refresh() == first.refresh() && next.access() == first.access() {
            break;
        }
        all.push(next);
    }
    if all.len() == MANY {
        return Ok(Ok((all, "refreshes")));
    }
    let mut all = vec![first.clone()];
    while all.len() < MANY {
        match accounts.enter(&first.account).await? {
            Ok(next) => all.push(next),
            Err(why) => return Ok(Err(why.to_string())),
        }
    }
    Ok(Ok((all, "logins")))
}

/// The text of a value, without the quotes of JSON.
fn plain(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// When the answer came, by the service's own clock where it shows one.
fn second(exchange: &Exchange) -> i64 {
    let date = exchange.header("date");
    let told = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    told.map_or_else(
        || jiff::Timestamp::now().as_second(),
        |told| told.timestamp().as_second(),
    )
}

fn draft(
    cx: &Cx,
    kind: &str,
    samples: &[Sample],
    guess: &Guess,
    (how, sessions): (&str, &[Session]),
) -> Draft {
    let (saw, actual) = match guess {
        Guess::Made(what) => (
            format!("the {kind} is made of what others know"),
            format!("it is {what}"),
        ),
        Guess::Short { places, bits } => (
            format!("the {kind}s of {} {how} are nearly the same", samples.len()),
            format!("they differ in {places} characters, which is {bits} bits at the most"),
        ),
    };
    // A secret is never printed: its beginning is enough to find it.
    let shown: Vec<String> = (samples.iter())
        .map(|s| s.text.chars().take(4).collect::<String>() + "…")
        .collect();
    let mut evidence = vec![note(format!("they begin: {}", shown.join(", ")))];
    evidence.extend(
        sessions
            .last()
            .map(|s| cx.seen("the last of them", &s.exchange)),
    );
    Draft {
        subject: format!("the randomness of the {kind}"),
        saw,
        expected: "128 bits from a generator that is made for secrets".to_owned(),
        actual,
        note: Some(
            "Whoever works out or tries out the next one is let in as its owner, without a password."
                .to_owned(),
        ),
        evidence,
        ..Draft::default()
    }
}

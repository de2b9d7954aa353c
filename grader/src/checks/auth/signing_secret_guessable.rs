use super::signature_not_checked;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::Guard;
use crate::check::guesses::{Guess, cracked, guesses};
use crate::check::note;
use crate::model::{Doing, Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::auth::{Accounts, Forge, Jwt, Key, Session};
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// A genuine token, offline: is it signed with a secret that stands in tutorials and documentation, or in one of
    /// the files that were handed in? And at the service: does it let a token in that is signed with one of those,
    /// the likeliest of them, or with no secret at all, `undefined`, `null`, the name of the variable? A secret
    /// counts as found when a token signed with it, which says that it is another account's, is let in. The report
    /// shows where it stands, and no more of it than its first characters.
    ///
    /// ## Why it matters
    /// A guess at a secret costs nothing: one token is enough to try millions, and nobody notices. A secret in the
    /// code is known to everybody who has the code, for ever, and is the same on every machine.
    ///
    /// ## Passes
    /// ```text
    /// jwt.encode(claims, settings().jwt_secret, "HS256")     JWT_SECRET=$(openssl rand -base64 32)
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// jwt.encode(claims, "box-office-secret", "HS256")
    /// ```
    ///
    /// ## How to mend it
    /// Read the secret from the environment, from nowhere else, and do not start without it. Take every secret out of
    /// the code, those for tests and for old tokens too, and make a new one: `openssl rand -base64 32`.
    pub static CHECK = {
        id: "auth.signing-secret-guessable",
        summary: "the secret that signs tokens can be guessed, or stands in the code",
        concept: "signatures",
        severity: Critical,
        needs: [signature_not_checked::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 8725 §2.2", "RFC 8725 §3.5", "RFC 7518 §3.2", "ASVS v5.0.0-11.2.3", "ASVS v5.0.0-13.3.1", "OWASP WSTG-SESS-10"],
        hints: [
            "With what exactly are your tokens signed, and who could know it: somebody with your code, somebody with a list of words?",
            "Whoever knows the secret is every account at once, so it comes from a generator, lives in the environment, and stands in no file.",
            "Sign and verify with the variable's value alone, and take every secret that is written in your code out of both.",
        ],
        run,
    }
}

/// The likeliest secrets of all: these are tried at the service whatever it signs with.
const LIKELY: [&str; 13] = [
    "",
    "\0",
    "undefined",
    "null",
    "None",
    "secret",
    "changeme",
    "change-me",
    "dev",
    "dev-secret",
    "test",
    "your-256-bit-secret",
    "supersecret",
];
/// How many secrets of files are tried at the service.
const FROM_FILES: usize = 24;

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let b = control!(cx.shared(&mut accounts, Seat::B).await?);
    let (Some(own), Some(other)) = (a.jwt(), b.jwt()) else {
        return Ok(skipped("the access token is no JSON Web Token"));
    };
    if !own.alg().starts_with("HS") {
        return Ok(skipped("tokens are not signed with a shared secret"));
    }
    let mut guard = control!(Guard::open(cx, &mut accounts, &a).await?);
    let (files, token) = (cx.handed_in(), own.clone());
    let given: Vec<String> = cx.keys().env().values().cloned().collect();
    // All files and some ten thousand hashes are a moment of one processor.
    let search = tokio::task::spawn_blocking(move || {
        let mut all = guesses(files);
        // What the service was given for this run may stand in a file too, copied from the pack: that is no flaw.
        all.retain(|guess| !given.contains(&guess.text));
        (cracked(&token, &all), all)
    });
    let (signs, all) = search.await.doing("guessing a secret")?;
    let forge = own.forge().as_whom(&other.identity(&own));
    let tried = match &signs {
        Some(guess) => vec![guess.clone()],
        None => likely(cx, &all),
    };
    for guess in &tried {
        let Some(exchange) = let_in(&mut accounts, (&a, &b), &own, &forge, guess).await? else {
            continue;
        };
        let how = if signs.is_some() {
            "signs the service's tokens"
        } else {
            "is taken beside the service's own"
        };
        guard.find(found(cx, &accounts, guess, how, &exchange, &guard));
        return guard.close(cx, &mut accounts, Some(&a)).await;
    }
    if let Some(guess) = &signs {
        guard.doubt(format!(
            "a genuine token is signed with a secret that was guessed ({}), and another signed so is refused",
            place(guess)
        ));
    }
    guard.close(cx, &mut accounts, Some(&a)).await
}

/// What is tried at the service itself: few, for each is a request.
fn likely(cx: &Cx, all: &[Guess]) -> Vec<Guess> {
    let names = cx.keys().env().keys().map(String::as_str);
    let everybodys = LIKELY.into_iter().chain(names).map(|text| Guess {
        text: text.to_owned(),
        place: None,
        rank: None,
    });
    // A secret is seldom a word of the program.
    let plain = |g: &&Guess| g.text.len() >= 6 && !g.text.contains(['(', '{', ' ', '/', '%']);
    let written = all.iter().filter(|g| g.rank.is_some() && g.place.is_some());
    let mut written: Vec<&Guess> = written.filter(plain).collect();
    written.sort_by_key(|g| g.rank);
    let written = written.into_iter().take(FROM_FILES).cloned();
    everybodys.chain(written).collect()
}

/// What the service answered to a token that is signed with this and says that it is another account's, if it let it
/// in. Everything else it may answer is no proof of the secret.
async fn let_in(
    accounts: &mut Accounts,
    (a, b): (&Session, &Session),
    own: &Jwt,
    forge: &Forge,
    guess: &Guess,
) -> Result<Option<Exchange>, Fault> {
    let Some(text) = forge.signed(own.alg(), &Key::secret(guess.text.as_str())) else {
        return Ok(None);
    };
    let seen = accounts.whoami(&a.bearing(&text)).await?;
    let somebody = seen.is(&b.account) || seen.is(&a.account);
    Ok(somebody.then(|| seen.exchange().clone()))
}

fn place(guess: &Guess) -> String {
    let begins = guess.shown();
    match &guess.place {
        Some(place) => format!("{begins}, in {place}"),
        None => format!("{begins}, which everybody tries"),
    }
}

fn found(
    cx: &Cx,
    accounts: &Accounts,
    guess: &Guess,
    how: &str,
    exchange: &Exchange,
    guard: &Guard,
) -> Draft {
    let op = accounts.auth().ops.get(&Verb::Whoami);
    let mut evidence = guard.controls(cx).to_vec();
    evidence.push(note(format!("the secret: {}; it {how}", place(guess))));
    evidence.push(cx.seen("a token for somebody else, signed with it", exchange));
    Draft {
        subject: "the secret of access tokens".to_owned(),
        touches: op.map(|w| cx.line(&w.op)).into_iter().collect(),
        saw: "a token is let in that was signed with a secret which was guessed".to_owned(),
        expected: "tokens are signed with the secret of the environment, which nobody can guess".to_owned(),
        actual: format!("{} to a token signed with {}", answer(exchange), place(guess)),
        note: Some(
            "Anybody who guesses the secret, or has read the code, signs a token for whichever account they like."
                .to_owned(),
        ),
        evidence,
        ..Draft::default()
    }
}

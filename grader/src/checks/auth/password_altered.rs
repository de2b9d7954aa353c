use serde_json::{Value, json};

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::Seat;
use crate::check::entry::{Entry, Said, line};
use crate::check::guard::Guard;
use crate::check::honest::manner;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::actor::Actor;
use crate::probe::auth::Accounts;
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Accounts register with unusual passwords: as long as the contract allows, of 72 bytes, of thirty signs with four
    /// bytes each, with spaces around, with U+0000 inside. Each one that is accepted must log in as it was sent, and no
    /// other may: with another end, with more behind it, with small and capital letters exchanged, without its spaces,
    /// cut off at U+0000. Refusing such a password with a 4xx is right; a 5xx is not.
    ///
    /// ## Why it matters
    /// bcrypt reads 72 bytes, and what comes behind them does not count: two long passwords are one. Newer libraries
    /// raise an error instead, and registering answers 500. What is trimmed or folded makes guessing easier, and
    /// sooner or later locks somebody out.
    ///
    /// ## Passes
    /// ```text
    /// POST /accounts   {"password": "80 letters, the last an a"}   201, or 422
    /// POST /sessions   {"password": "the same with a b"}           401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /accounts   {"password": "80 letters, the last an a"}   201
    /// POST /sessions   {"password": "the same with a b"}           201  {"access_token": "…"}
    /// ```
    ///
    /// ## How to mend it
    /// Give the password to the hash function as it came. With bcrypt, refuse what has more than 72 bytes in UTF-8
    /// (bytes, not characters), or take Argon2id or scrypt, which read everything.
    pub static CHECK = {
        id: "auth.password-altered",
        summary: "another password than the one that was chosen logs in, or a long one breaks the service",
        concept: "password-storage",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-6.2.8", "ASVS v5.0.0-6.2.9", "OWASP Password Storage CS"],
        hints: [
            "How many bytes of a password does your hash function read, and what becomes of the rest?",
            "A password is compared exactly as it was sent; whatever is cut off, trimmed or folded is no longer a part of the secret.",
            "Pass the text on unchanged; under bcrypt refuse more than 72 bytes of UTF-8 at registering and at every change, and answer 401 to a long one at login.",
        ],
        run,
    }
}

/// bcrypt reads so many bytes.
const BCRYPT: usize = 72;
/// The longest password that is chosen, where the contract has no bound or a higher one.
const LONG: usize = 128;
/// How many signs of four bytes: well over what bcrypt reads, and few as characters.
const SIGNS: usize = 30;

/// A password of an account: what is special about it, and the text.
struct Chosen {
    name: &'static str,
    text: String,
}

/// Another password, tried on an account.
struct Other {
    name: &'static str,
    subject: &'static str,
    text: String,
}

const END: &str = "the end of a long password";
const SPACES: &str = "spaces around a password";
const LETTERS: &str = "capital letters in a password";
const ZERO: &str = "U+0000 in a password";

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let shared = control!(cx.shared(&mut accounts, Seat::A).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &shared).await?);
    let core = control!(core(&mut accounts));
    if !usual(cx, &mut accounts, &mut guard, &core).await? {
        return guard.close(cx, &mut accounts, Some(&shared)).await;
    }
    // The longest one that is taken: where that is refused, it may be for its bytes.
    for length in [most(cx, &accounts), BCRYPT] {
        let text = stretched(&core, length);
        let name = "a long password";
        let (ending, more) = (ended(&text), format!("{text}x"));
        let others = vec![
            Other::new("a long password with another end", END, ending),
            Other::new("a long password with a letter behind it", END, more),
        ];
        if tried(cx, &mut accounts, &mut guard, (name, text), others).await? {
            break;
        }
    }
    let signs = |last: char| format!("{}{last}", "\u{1f98a}".repeat(SIGNS - 1));
    let chosen = ("a password of thirty emoji", signs('\u{1f98b}'));
    let ending = Other::new(
        "a password with another last emoji",
        END,
        signs('\u{1f98c}'),
    );
    tried(cx, &mut accounts, &mut guard, chosen, vec![ending]).await?;
    let chosen = ("a password with U+0000 in it", format!("{core}\0{core}"));
    let cut = Other::new("what stands before U+0000", ZERO, core.clone());
    tried(cx, &mut accounts, &mut guard, chosen, vec![cut]).await?;
    guard.close(cx, &mut accounts, Some(&shared)).await
}

impl Other {
    fn new(name: &'static str, subject: &'static str, text: String) -> Self {
        Self {
            name,
            subject,
            text,
        }
    }
}

/// A password of letters, digits and signs that is long enough for usual rules.
fn core(accounts: &mut Accounts) -> Result<String, String> {
    let password = accounts.password();
    let text = password.as_str().map(str::to_owned);
    text.ok_or_else(|| "no password can be made".to_owned())
}

/// How long a password may be, as the contract says it where registering takes one.
fn most(cx: &Cx, accounts: &Accounts) -> usize {
    let pack = cx.pack();
    let auth = accounts.auth();
    let op = auth.ops.get(&Verb::Register).and_then(|r| pack.op(&r.op));
    let schema = op.and_then(|o| o.body.as_ref()).map(|b| &b.schema.value);
    let rule = schema.zip(auth.secret.pointer());
    let rule = rule.and_then(|(schema, at)| pack.contract.described(schema, at));
    let most = rule.and_then(|rule| pack.contract.text_bounds(rule).1);
    most.map_or(LONG, |most| most.min(LONG))
}

/// An account with spaces around its password, or with a usual one where spaces are refused. Whether a wrong password
/// is refused there: else no other could show anything.
async fn usual(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    core: &str,
) -> Result<bool, Fault> {
    let spaced = Chosen {
        name: "a password with spaces around it",
        text: format!(" {core} "),
    };
    let mut account = choose(cx, accounts, guard, &spaced).await?;
    let mut spaces = core.to_owned();
    if account.is_none() {
        let plain = Chosen {
            name: "a usual password",
            text: core.to_owned(),
        };
        spaces = spaced.text;
        account = choose(cx, accounts, guard, &plain).await?;
    }
    let Some(account) = account else {
        guard.doubt("no usual password is accepted at registering".to_owned());
        return Ok(false);
    };
    let wrong = Value::from(ended(core).repeat(BCRYPT / 6));
    match Entry::with(accounts, &account.login, &wrong).await? {
        Entry::Away(_) => {}
        Entry::In(_) => {
            guard.doubt("a wrong password logs in, so no other shows anything".to_owned());
            return Ok(false);
        }
        Entry::Broke(exchange) => {
            guard.find(broken(cx, accounts, "a long wrong password", &exchange))
        }
        Entry::Unclear(why) => guard.doubt(why),
    }
    let own = account.secret.as_str().unwrap_or_default();
    let others = [
        Other::new("a password with other spaces around it", SPACES, spaces),
        Other::new("a password in other letters", LETTERS, swapped(own)),
        Other::new(
            "a password with U+0000 behind it",
            ZERO,
            format!("{own}\0x"),
        ),
    ];
    for other in others {
        resists(cx, accounts, guard, &account, &other).await?;
    }
    Ok(true)
}

/// Registers with a password and tries others; whether it was accepted.
async fn tried(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    (name, text): (&'static str, String),
    others: Vec<Other>,
) -> Result<bool, Fault> {
    let chosen = Chosen { name, text };
    let Some(account) = choose(cx, accounts, guard, &chosen).await? else {
        return Ok(false);
    };
    for other in others {
        resists(cx, accounts, guard, &account, &other).await?;
    }
    Ok(true)
}

/// An account with this password that logs in with it; none where it is refused, or does neither.
async fn choose(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    chosen: &Chosen,
) -> Result<Option<Actor>, Fault> {
    let drawn = match accounts.draw(None) {
        Ok(account) => account,
        Err(why) => {
            guard.doubt(why.to_string());
            return Ok(None);
        }
    };
    let account = Actor {
        secret: json!(chosen.text),
        ..drawn
    };
    let made = match accounts.register(&account).await? {
        Ok(made) => made,
        Err(why) => {
            guard.doubt(why.to_string());
            return Ok(None);
        }
    };
    let name = chosen.name;
    match Said::by(&made) {
        Said::Yes => {}
        Said::No => return Ok(None),
        Said::Broke => {
            guard.find(broken(cx, accounts, name, &made));
            return Ok(None);
        }
        Said::Unclear => {
            let said = answer(&made);
            guard.doubt(format!("registering with {name} answered {said}"));
            return Ok(None);
        }
    }
    match Entry::of(accounts, &account).await? {
        Entry::In(_) => return Ok(Some(account)),
        Entry::Away(refused) => guard.find(Draft {
            subject: format!("a login with {name}"),
            touches: vec![line(cx, accounts, Verb::Login)],
            saw: format!("{name} is accepted, and does not log in"),
            expected: "what was accepted logs in".to_owned(),
            actual: answer(&refused),
            note: Some("Whoever chose it is locked out from the first day.".to_owned()),
            evidence: vec![
                cx.seen(format!("registering with {name}"), &made),
                cx.seen("the login", &refused),
            ],
            ..Draft::default()
        }),
        Entry::Broke(exchange) => guard.find(broken(cx, accounts, name, &exchange)),
        Entry::Unclear(why) => guard.doubt(format!("a login with {name}: {why}")),
    }
    Ok(None)
}

/// Tries another password than the account's.
async fn resists(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    account: &Actor,
    other: &Other,
) -> Result<(), Fault> {
    let secret = json!(other.text);
    match Entry::with(accounts, &account.login, &secret).await? {
        Entry::Away(_) => {}
        Entry::In(session) => guard.find(Draft {
            subject: other.subject.to_owned(),
            touches: vec![line(cx, accounts, Verb::Login)],
            saw: format!("{} logs in", other.name),
            expected: "no password but the one that was chosen logs in".to_owned(),
            actual: answer(&session.exchange),
            note: Some("What does not count is not secret: such a password is guessed sooner than it looks.".to_owned()),
            evidence: vec![cx.seen(other.name, &session.exchange)],
            ..Draft::default()
        }),
        Entry::Broke(exchange) => guard.find(broken(cx, accounts, other.name, &exchange)),
        Entry::Unclear(why) => guard.doubt(format!("a login with {}: {why}", other.name)),
    }
    Ok(())
}

fn broken(cx: &Cx, accounts: &Accounts, name: &str, exchange: &Exchange) -> Draft {
    let asked = [Verb::Register, Verb::Login].map(|v| line(cx, accounts, v));
    let [register, login] = asked;
    // Both may stand at one path, and then the method tells.
    let path = exchange.sent.path.as_str();
    let at = if register.ends_with(path) {
        register
    } else {
        login
    };
    Draft {
        subject: "passwords that are unusual".to_owned(),
        touches: vec![at],
        saw: format!("{name} breaks the service"),
        expected: "it is taken as it is, or refused".to_owned(),
        actual: answer(exchange),
        manner: manner(exchange),
        evidence: vec![cx.seen(name, exchange)],
        ..Draft::default()
    }
}

/// A password of so many bytes, each a character.
fn stretched(core: &str, length: usize) -> String {
    core.chars().cycle().take(length).collect()
}

/// The same password with another last character.
fn ended(text: &str) -> String {
    let mut all: Vec<char> = text.chars().collect();
    if let Some(last) = all.last_mut() {
        *last = if *last == 'q' { 'w' } else { 'q' };
    }
    all.into_iter().collect()
}

/// The same password with small letters for capital ones, and the other way round.
fn swapped(text: &str) -> String {
    let swap = |c: char| {
        if c.is_ascii_lowercase() {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        }
    };
    text.chars().map(swap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_passwords_differ_where_they_say() {
        let core = "Zq-00c0ffee-Kestrel-7";
        let long = stretched(core, LONG);
        assert_eq!(long.len(), LONG);
        assert_eq!(long[..LONG - 1], ended(&long)[..LONG - 1]);
        assert_ne!(long, ended(&long));
        assert_eq!(swapped("Zq-7"), "zQ-7");
        assert!(ended(core).repeat(BCRYPT / 6).len() > 200);
    }

    #[test]
    fn thirty_emoji_are_more_than_bcrypt_reads_and_few_characters() {
        let text = "\u{1f98a}".repeat(SIGNS);
        assert!(text.len() > BCRYPT + 4 && text.chars().count() == SIGNS);
    }
}

//! Accounts that come in, are known, and go: by a header and by a cookie.

use std::sync::Arc;

use grader::pack::{Pack, Verb};
use grader::probe::auth::{Accounts, Bearer, Keys, Kind, Seen, respell};
use grader::probe::plant::{Planter, said_yes};
use grader::probe::{Http, Journal};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::door::{Manners, door};
use super::pack;

const PATHS: &str = include_str!("door.yaml");
const AUTH: &str = "
[auth]
login  = '/email'
secret = '/password'
[auth.op]
register = { op = 'join', clash = [409] }
login    = { op = 'enter', take = { access = '/token' } }
whoami   = { op = 'me', says = { login = '/email' } }
logout   = { op = 'leave' }
[entity.note]
create = 'makeNote'
key    = '/id'
owner  = 'caller'
facts  = ['text']
";

/// The contract with a way out.
fn paths() -> String {
    let leave = "    delete: {operationId: leave, security: [{credential: []}], responses: {\"204\": {description: out}}}\n";
    PATHS.replacen("  /me:\n", &format!("{leave}  /me:\n"), 1)
}

async fn accounts(pack: Pack, manners: Manners) -> Accounts {
    let http = Http::new(&door(manners).await, Journal::default()).unwrap();
    let planter = Planter::new(http, Arc::new(pack), ChaCha8Rng::seed_from_u64(7));
    Accounts::new(planter, Keys::default()).unwrap()
}

/// What holds for every kind of credential.
async fn holds(mut accounts: Accounts) {
    let a = accounts.join().await.unwrap().unwrap();
    let b = accounts.join().await.unwrap().unwrap();
    assert_ne!(a.access(), b.access());
    assert_eq!(a.parts["access"], a.access());
    assert_eq!(a.kind, Kind::Opaque);

    let seen = accounts.whoami(&a.bearer()).await.unwrap();
    assert!(seen.is(&a.account) && !seen.is(&b.account), "{seen:?}");
    assert!(accounts.whoami(&b.bearer()).await.unwrap().is(&b.account));
    let nobody = accounts.whoami(&Bearer::nobody()).await.unwrap();
    assert!(nobody.refused() && !nobody.shows(&a.account));
    // What no HTTP client sends is sent all the same.
    for text in ["", "é", " ", "a b"] {
        let seen = accounts.whoami(&a.bearing(text)).await.unwrap();
        assert!(seen.refused(), "{text:?} {seen:?}");
    }
    assert!(
        accounts
            .whoami(&a.bearing(b.access()))
            .await
            .unwrap()
            .is(&b.account)
            || a.in_cookie()
    );
    for (name, other) in respell(a.access()) {
        let seen = accounts.whoami(&a.bearing(&other)).await.unwrap();
        assert!(seen.refused(), "{name}");
    }

    let again = accounts.register(&a.account).await.unwrap().unwrap();
    assert_eq!(again.status(), Some(409));
    let wrong = accounts.password();
    let wrong = accounts
        .login(&a.account.login, &wrong)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(wrong.status(), Some(401));

    let note = accounts.speak_as(&b).plant("note").await.unwrap().unwrap();
    let read = "readNote".into();
    let request = accounts.planter().errand_about(&note, &read, None).unwrap();
    for (bearer, status) in [
        (b.bearer(), 200),
        (a.bearer(), 404),
        (Bearer::nobody(), 401),
    ] {
        let asked = accounts
            .carry(request.clone(), &bearer)
            .send()
            .await
            .unwrap();
        assert_eq!(asked.status(), Some(status));
    }

    let out = accounts.logout(&a).await.unwrap().unwrap();
    assert!(said_yes(&out), "{out:?}");
    assert!(accounts.whoami(&a.bearer()).await.unwrap().refused());
    assert!(accounts.whoami(&b.bearer()).await.unwrap().is(&b.account));
    let back = accounts.enter(&a.account).await.unwrap().unwrap();
    assert!(
        accounts
            .whoami(&back.bearer())
            .await
            .unwrap()
            .is(&a.account)
    );
    let undeclared = accounts.ask(Verb::Refresh, Some(&a), &[]).await.unwrap();
    assert!(undeclared.unwrap_err().to_string().contains("`refresh`"));
}

#[tokio::test]
async fn an_account_with_a_header_comes_in_is_known_and_goes() {
    holds(accounts(pack(AUTH, &paths()), Manners::default()).await).await;
}

#[tokio::test]
async fn an_account_with_a_cookie_comes_in_is_known_and_goes() {
    let auth = AUTH
        .replace("secret =", "carrier = 'cookie:sid'\ncsrf = { token = 'cookie:csrf', send_as = 'header:X-CSRF-Token' }\nsecret =")
        .replace("'/token'", "'cookie:sid'");
    let scheme = "{type: apiKey, in: cookie, name: sid}";
    let paths = paths().replace("{type: http, scheme: bearer}", scheme);
    let manners = Manners {
        cookies: true,
        ..Manners::default()
    };
    holds(accounts(pack(&auth, &paths), manners).await).await;
}

#[tokio::test]
async fn a_door_that_lets_nobody_in_gives_a_session_that_nobody_knows() {
    let manners = Manners {
        lasts: Some(0),
        ..Manners::default()
    };
    let mut accounts = accounts(pack(AUTH, &paths()), manners).await;
    let a = accounts.join().await.unwrap().unwrap();
    let seen = accounts.whoami(&a.bearer()).await.unwrap();
    assert!(matches!(seen, Seen::Refused(_)));
}

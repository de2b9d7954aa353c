//! Operations that ask for a login, asked by somebody who has one.

use std::sync::Arc;

use grader::pack::Pack;
use grader::probe::plant::Planter;
use grader::probe::{Http, Journal};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::door::{Manners, door};
use super::{World, pack};

const PATHS: &str = include_str!("door.yaml");

/// `[auth]` for credentials in a header.
const BEARER: &str = "
[auth]
login  = '/email'
secret = '/password'
[auth.op]
register = { op = 'join' }
login    = { op = 'enter', take = { access = '/token' } }
whoami   = { op = 'me', says = { login = '/email' } }
";
const NOTE: &str = "
[entity.note]
create = 'makeNote'
key    = '/id'
owner  = 'caller'
facts  = ['text']
";
const USER: &str = "
[entity.user]
create = 'join'
key    = '/email'
facts  = ['email']
secret = ['password']
[link.follow]
set   = 'follow'
unset = 'unfollow'
ends  = { from = { entity = 'user', at = 'caller' }, to = { entity = 'user', at = 'path:email' } }
";

async fn world(pack: Pack, manners: Manners) -> World {
    let journal = Journal::default();
    let http = Http::new(&door(manners).await, journal.clone()).unwrap();
    let planter = Planter::new(http, Arc::new(pack), ChaCha8Rng::seed_from_u64(7));
    World { planter, journal }
}

const ROUND: [&str; 6] = [
    "Enter join 201",
    "Enter enter 200",
    "Other me 200",
    "Create makeNote 201",
    "Read readNote 200",
    "Delete dropNote 204",
];

#[tokio::test]
async fn an_account_is_made_once_and_asks_for_its_own() {
    let mut world = world(pack(&[BEARER, NOTE].concat(), PATHS), Manners::default()).await;
    assert_eq!(world.tour().await, ROUND, "{}", world.story());
    let note = world.plant("note").await;
    world.holds_well(&note).await;
    let joined = world
        .journal
        .all()
        .iter()
        .filter(|e| e.line() == "POST /users")
        .count();
    assert_eq!(joined, 1);
}

#[tokio::test]
async fn cookies_are_sent_as_they_were_set_with_the_token_beside() {
    let auth = BEARER
        .replace("secret =", "carrier = 'cookie:sid'\ncsrf = { token = 'cookie:csrf', send_as = 'header:X-CSRF-Token' }\nsecret =")
        .replace("'/token'", "'cookie:sid'");
    let paths = PATHS.replace(
        "{type: http, scheme: bearer}",
        "{type: apiKey, in: cookie, name: sid}",
    );
    let manners = Manners {
        cookies: true,
        ..Manners::default()
    };
    let mut world = world(pack(&[&auth, NOTE].concat(), &paths), manners).await;
    assert_eq!(world.tour().await, ROUND, "{}", world.story());
    for exchange in world.journal.all() {
        let cookies = exchange
            .sent
            .headers
            .iter()
            .filter(|(n, _)| n == "cookie")
            .count();
        assert!(cookies <= 1, "{}", exchange.line());
    }
}

#[tokio::test]
async fn a_session_that_ends_is_begun_again() {
    let manners = Manners {
        lasts: Some(2),
        ..Manners::default()
    };
    let mut world = world(pack(&[BEARER, NOTE].concat(), PATHS), manners).await;
    assert_eq!(world.tour().await, ROUND, "{}", world.story());
    let note = world.plant("note").await;
    world.holds_well(&note).await;
}

#[tokio::test]
async fn a_door_that_lets_nobody_in_is_told_of_and_not_run_against() {
    let manners = Manners {
        lasts: Some(0),
        ..Manners::default()
    };
    let mut world = world(pack(&[BEARER, NOTE].concat(), PATHS), manners).await;
    let tour = world.tour().await;
    assert_eq!(
        tour,
        [
            "Enter join 201",
            "Enter enter 200",
            "Other me 401",
            "Create makeNote 401"
        ]
    );
    assert!(world.journal.all().len() <= 5, "{}", world.story());
}

#[tokio::test]
async fn an_account_asks_about_itself_and_follows_another() {
    let mut world = world(pack(&[BEARER, USER].concat(), PATHS), Manners::default()).await;
    let tour = world.tour().await;
    for step in [
        "Create join 201",
        "Read readUser 200",
        "Link follow 204",
        "Unlink unfollow 204",
    ] {
        assert!(tour.iter().any(|s| s == step), "{step}\n{}", world.story());
    }
}

#[tokio::test]
async fn a_role_is_asked_for_or_made_at_boot() {
    let paths = PATHS.replace(
        "operationId: makeNote",
        "operationId: makeNote\n      security: [{credential: [author]}]",
    );
    let asked = "[role.author]\nregister = { '/role' = 'author' }\n";
    let manners = Manners {
        role: Some("author"),
        ..Manners::default()
    };
    let mut authors = world(pack(&[BEARER, NOTE, asked].concat(), &paths), manners).await;
    let note = authors.plant("note").await;
    authors.holds_well(&note).await;

    let at_boot = "[role.author]\nenv = { email = 'ADMIN_EMAIL', password = 'ADMIN_PASSWORD' }\n";
    let manners = Manners {
        role: Some("admin"),
        admin: Some(("zq7author@example.test", "Zq-author-Kestrel-7")),
        ..Manners::default()
    };
    let mut at_boot = world(pack(&[BEARER, NOTE, at_boot].concat(), &paths), manners).await;
    let note = at_boot.plant("note").await;
    at_boot.holds_well(&note).await;
    let said = |path: &str| at_boot.journal.all().iter().any(|e| e.line() == path);
    assert!(!said("POST /users"), "nobody joins who is there already");
}

/// Anyone may make a note, and who may change it the contract does not say: whoever is asked anonymously is right
/// to refuse, and so is whoever has never seen this account.
#[tokio::test]
async fn what_was_made_without_a_login_is_nobodys() {
    let paths = PATHS.replace(
        "operationId: makeNote",
        "operationId: makeNote\n      security: []",
    );
    let store = super::store::store(super::knobs::Knobs::default()).await;
    let journal = Journal::default();
    let http = Http::new(&store, journal.clone()).unwrap();
    let pack = pack(&[BEARER, NOTE].concat(), &paths);
    let mut planter = Planter::new(http, Arc::new(pack), ChaCha8Rng::seed_from_u64(7));
    let note = planter.plant("note").await.unwrap().unwrap();
    assert!(planter.read(&note).await.unwrap().is_none());
    assert!(planter.delete(&note).await.unwrap().is_none());
    let asked: Vec<_> = journal.all().iter().map(|e| e.line()).collect();
    assert_eq!(asked, ["POST /notes"]);
    let steps = planter.tour().await.unwrap();
    assert!(
        !steps
            .iter()
            .any(|s| ["readNote", "dropNote"].contains(&s.op.as_str()))
    );
}

use serde_json::json;

use super::signature_not_checked;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::{Attack, Guard, Words};
use crate::check::own_keys::{NAME, OwnKey, own_keys};
use crate::model::{Draft, Evidence, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::auth::{Forge, Session};
use crate::probe::collaborator::{Collaborator, Page};
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Tokens that claim to be another account are signed with keys of the grader's, and their headers name an address
    /// where the key is to be had: in `jku` a set of keys, in `x5u` a certificate, on a server of the grader's that the
    /// service can reach. The address is plain, begins with a name that the service may trust (`http://issuer@…`), or
    /// leads on to another. All must be refused, and nobody may ask that server for anything.
    ///
    /// ## Why it matters
    /// Whoever sends a token writes its header. A service that fetches a key from there verifies the token by the
    /// sender's own key, and it sends requests wherever the sender likes, from inside your network.
    ///
    /// ## Passes
    /// ```text
    /// GET /me   Authorization: Bearer <{"jku": "http://…/keys"}>.<claims of somebody else>.<signature>   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me   Authorization: Bearer <{"jku": "http://…/keys"}>.<claims of somebody else>.<signature>   200
    /// ```
    /// Or a 401, and the address was asked for the key all the same.
    ///
    /// ## How to mend it
    /// Take the key, or the one address of the keys, from your configuration. Never read `jku` or `x5u`.
    pub static CHECK = {
        id: "auth.key-fetched",
        summary: "the header of a token makes the service fetch the key that verifies it",
        concept: "signatures",
        severity: Critical,
        needs: [signature_not_checked::CHECK],
        world: Main,
        alone: Shared,
        runtimes: RAISED,
        refs: ["RFC 7515 §4.1.2", "RFC 7515 §4.1.5", "RFC 8725 §3.10", "ASVS v5.0.0-9.1.3", "OWASP API7:2023"],
        hints: [
            "Whom does your service ask for the key of a token, and who has told it to ask there?",
            "Where keys come from is configured. What a header says is input, and an address in it is somebody else's.",
            "Take the branch on `jku` and `x5u` away; if keys are published somewhere, name that one address in your configuration.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "the key that verifies access tokens",
    expected: "a token is refused, and nothing is fetched, whatever its header says about keys",
    gain: "Anybody signs a token with a key of their own, says where that is to be had, and is let in as whoever they like.",
    also: &[400],
};

/// How an address is written.
const WAYS: [&str; 3] = [
    "an address",
    "an address behind a name that is trusted",
    "an address that leads on",
];

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let b = control!(cx.shared(&mut accounts, Seat::B).await?);
    let (Some(own), Some(other)) = (a.jwt(), b.jwt()) else {
        return Ok(skipped("the access token is no JSON Web Token"));
    };
    let Some(collaborator) = cx.collaborator().await? else {
        return Ok(skipped(
            "the service has no way to a server of the grader's",
        ));
    };
    // Who asks below this path was told of it by a token.
    let room = format!("/{:016x}", rand::Rng::next_u64(cx.planter().rng()));
    let forge = own.forge().as_whom(&other.identity(&own));
    let trusted = own.claims.get("iss").and_then(|iss| iss.as_str());
    let trusted = trusted.and_then(host).unwrap_or("issuer.example");
    let mut attacks = Vec::new();
    for key in own_keys(cx).await? {
        attacks.extend(shown(&collaborator, (&room, trusted), &key, &forge, &a));
    }
    let mut guard = control!(Guard::open(cx, &mut accounts, &a).await?);
    let mut fetches = None;
    for attack in attacks {
        let before = collaborator.asked(&room).len();
        guard
            .attempt(cx, &mut accounts, &[&b], &attack, &WORDS)
            .await?;
        let asked = collaborator.asked(&room);
        if fetches.is_none() && asked.len() > before {
            fetches = Some((attack, asked));
        }
    }
    // Whoever is let in by such a key had it fetched: one cause.
    if let Some((attack, asked)) = fetches.filter(|_| !guard.let_in()) {
        let seen = accounts.whoami(&attack.bearer).await?;
        let whoami = accounts.auth().ops.get(&Verb::Whoami);
        let mut evidence: Vec<Evidence> = guard.controls(cx).into();
        evidence.push(cx.seen(attack.name.clone(), seen.exchange()));
        evidence.push(Evidence::Note {
            says: format!("then the service asked our server for {}", asked.join(", ")),
        });
        guard.find(Draft {
            subject: WORDS.subject.to_owned(),
            touches: whoami.iter().map(|w| cx.line(&w.op)).collect(),
            saw: "the service asks where the header of a token says".to_owned(),
            expected: WORDS.expected.to_owned(),
            actual: format!("{}, and the address was asked before", answer(seen.exchange())),
            note: Some("Anybody makes your service send requests wherever they like, from inside your network.".to_owned()),
            evidence,
            ..Draft::default()
        });
    }
    guard.close(cx, &mut accounts, Some(&a)).await
}

/// The name in an address, `auth.example` in `https://auth.example/v1`; or the whole of a plain name.
fn host(issuer: &str) -> Option<&str> {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?', '#', '@']).next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    (!host.is_empty() && host.chars().all(plain)).then_some(host)
}

/// Shows a key in every way on our server, and gives the tokens that lead to it.
fn shown(
    collaborator: &Collaborator,
    (room, trusted): (&str, &str),
    own: &OwnKey,
    forge: &Forge,
    a: &Session,
) -> Vec<Attack> {
    let alg = own.alg;
    let set = json!({"keys": [own.jwk]}).to_string();
    let certificate = own.certificate.as_ref().map(|c| c.pem.clone());
    let kinds = [
        ("jku", "json", "application/json", Some(set)),
        (
            "x5u",
            "pem",
            "application/pem-certificate-chain",
            certificate,
        ),
    ];
    let mut attacks = Vec::new();
    for (header, ending, media, text) in kinds {
        let Some(text) = text else { continue };
        let (path, moved) = (
            format!("{room}/{alg}.{ending}"),
            format!("{room}/{alg}-moved.{ending}"),
        );
        collaborator.show(&path, Page::Document(media, text));
        collaborator.show(&moved, Page::Moved(path.clone()));
        let address = collaborator.address();
        let all = [
            format!("http://{address}{path}"),
            format!("http://{trusted}@{address}{path}"),
            format!("http://{address}{moved}"),
        ];
        for (way, url) in WAYS.into_iter().zip(all) {
            let forge = forge.clone().header("alg", alg).header("kid", NAME);
            let text = forge.header(header, url).signed(alg, &own.key);
            let name = format!("a token with {way} ({alg}) in `{header}`");
            attacks.extend(text.map(|text| Attack::new(name, a.bearing(&text))));
        }
    }
    attacks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_issuer_is_found_in_any_spelling() {
        assert_eq!(host("https://auth.example/v1"), Some("auth.example"));
        assert_eq!(host("box-office"), Some("box-office"));
        assert_eq!((host(""), host("http://"), host("a b")), (None, None, None));
    }
}

//! What a reply says to a browser about the pages that may read it (Fetch §3.2, CORS).

use super::Cx;
use super::guard::Guard;
use super::honest::manner;
use crate::model::{Draft, Exchange, Fault, Manner, Outcome};
use crate::pack::{Method, Origin, Spot, Verb};
use crate::probe::Request;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{Planting, answer, said_yes};

/// Another origin, and how it is like the declared one.
pub(crate) struct Other {
    /// `https://evil.example`.
    pub(crate) origin: String,
    /// `an unknown origin`.
    pub(crate) name: &'static str,
}

/// Origins that are not the declared one.
pub(crate) fn others(declared: &str) -> Vec<Other> {
    let (scheme, host) = declared.split_once("://").unwrap_or(("https", declared));
    let bare = host.split(':').next().unwrap_or(host);
    let other_scheme = if scheme == "https" { "http" } else { "https" };
    let all = [
        ("https://evil.example".to_owned(), "an unknown origin"),
        ("null".to_owned(), "the origin `null`"),
        (
            format!("{declared}.evil.example"),
            "an origin that begins like the declared one",
        ),
        (
            format!("{scheme}://evil-{host}"),
            "an origin that ends like the declared one",
        ),
        (
            format!("{scheme}://evil.{host}"),
            "a host below the declared one",
        ),
        (
            format!("{other_scheme}://{host}"),
            "the declared host by another scheme",
        ),
        (
            format!("{scheme}://{bare}:8443"),
            "the declared host at another port",
        ),
    ];
    let other = |(origin, name)| Other { origin, name };
    all.into_iter().map(other).collect()
}

/// What pages ask: an honest read that takes a login.
pub(crate) struct Asked {
    read: Request,
    line: String,
    origin: Origin,
    /// The header that carries the credential, in lower case, where one does.
    header: Option<String>,
}

/// How the declared origin's pages are answered.
pub(crate) struct Own {
    /// Whether it is said that the reply depends on the origin.
    pub(crate) varies: bool,
    /// The reply.
    pub(crate) exchange: Exchange,
}

impl Asked {
    /// Asks `whoami` in the name of this session.
    pub(crate) fn of(
        cx: &Cx,
        accounts: &mut Accounts,
        a: &Session,
        origin: &Origin,
    ) -> Planting<Self> {
        let auth = accounts.auth();
        let whoami = auth.ops.get(&Verb::Whoami).map(|w| w.op.clone());
        let op = whoami.unwrap_or_else(|| "whoami".into());
        let request = accounts.planter().errand(&op, &[])?;
        Ok(Self {
            read: accounts.carry(request, &a.bearer()).without("origin"),
            line: cx.line(&op),
            origin: origin.clone(),
            header: match &accounts.auth().carrier.place.spot {
                Spot::Header(name) => Some(name.to_ascii_lowercase()),
                _ => None,
            },
        })
    }

    /// C+: a page of the declared origin may read the reply, and is told so when its browser asks beforehand.
    pub(crate) async fn own(&self, cx: &Cx, guard: &mut Guard) -> Result<Own, Fault> {
        let declared = self.origin.value.as_str();
        let seen = self.read.clone().header("origin", declared).send().await?;
        if !said_yes(&seen) {
            let said = answer(&seen);
            guard.doubt(format!("{} answered {said} to {declared}", self.line));
        } else if allowed(&seen) != Some(declared) && allowed(&seen) != Some("*") {
            let saw = "pages of the project's own origin may not read a reply";
            guard.find(self.shut(cx, saw, "`Access-Control-Allow-Origin` with it", &seen));
        } else {
            let before = self.beforehand(cx, declared).await?;
            if let Some((saw, expected)) = self.refused(&before) {
                guard.find(self.shut(cx, saw, expected, &before));
            }
        }
        let named = header_words(&seen, "vary");
        let fixed = named.iter().any(|w| w == "origin" || w == "*");
        let plain = self.read.clone().send().await?;
        Ok(Own {
            varies: fixed || allowed(&plain) == allowed(&seen),
            exchange: seen,
        })
    }

    /// A page of another origin may not.
    pub(crate) async fn by(&self, cx: &Cx, guard: &mut Guard, other: &Other) -> Result<(), Fault> {
        let seen = self.read.clone().header("origin", &other.origin);
        let seen = seen.send().await?;
        let before = self.beforehand(cx, &other.origin).await?;
        for (what, seen) in [
            ("a page asks", &seen),
            ("its browser asks beforehand", &before),
        ] {
            let broke = manner(seen);
            let (saw, actual) = match allowed(seen) {
                Some(value) if value == other.origin || value == "*" => (
                    format!("pages of {} may read replies", other.name),
                    format!(
                        "`Access-Control-Allow-Origin: {value}`{}",
                        with_cookies(seen)
                    ),
                ),
                _ if broke != Manner::Wrong => (
                    format!("the service breaks when a page of {} asks", other.name),
                    answer(seen),
                ),
                _ => continue,
            };
            guard.find(Draft {
                subject: "the origins whose pages may read replies".to_owned(),
                touches: vec![self.line.clone()],
                saw,
                expected: format!("{} alone, compared as a whole", self.origin.value),
                actual,
                note: Some(
                    "Whoever gets a visitor onto a page there reads what the service answers the visitor's browser."
                        .to_owned(),
                ),
                manner: broke,
                evidence: vec![cx.seen(format!("{what}, from {}", other.name), seen)],
            });
        }
        Ok(())
    }

    /// A browser asks whether a page may send what this read carries (Fetch §4.8).
    async fn beforehand(&self, cx: &Cx, origin: &str) -> Result<Exchange, Fault> {
        let sent = self.read.sent();
        let asks = cx.http().request(Method::Options.as_str(), &sent.path);
        let asks = asks
            .header("origin", origin)
            .header("access-control-request-method", &sent.method);
        match &self.header {
            Some(name) => asks.header("access-control-request-headers", name),
            None => asks,
        }
        .send()
        .await
    }

    /// What is wrong with the answer to a browser that asks beforehand, and what should be.
    fn refused(&self, seen: &Exchange) -> Option<(&'static str, &'static str)> {
        if !said_yes(seen) {
            let saw = "a browser that asks beforehand is not answered with a yes";
            return Some((saw, "a status of the 2xx class to OPTIONS"));
        }
        if allowed(seen) != Some(&self.origin.value) && allowed(seen) != Some("*") {
            let saw = "a browser that asks beforehand is not told the project's own origin";
            return Some((saw, "`Access-Control-Allow-Origin` with it"));
        }
        let headers = header_words(seen, "access-control-allow-headers");
        // A star does not stand for `Authorization` (Fetch §3.2.4), but for any other name.
        let covers =
            |h: &String, name: &String| h == name || (h == "*" && name.as_str() != "authorization");
        let lacks = |name: &&String| !headers.iter().any(|h| covers(h, name));
        self.header.as_ref().filter(lacks).map(|_| {
            (
                "a browser that asks beforehand is not told that the credential may be sent",
                "`Access-Control-Allow-Headers` with the header that carries it",
            )
        })
    }

    fn shut(&self, cx: &Cx, saw: &str, expected: &str, seen: &Exchange) -> Draft {
        Draft {
            subject: "the project's own origin".to_owned(),
            touches: vec![self.line.clone()],
            saw: saw.to_owned(),
            expected: expected.to_owned(),
            actual: format!(
                "{}, `Access-Control-Allow-Origin: {}`",
                answer(seen),
                allowed(seen).unwrap_or("")
            ),
            note: Some(format!(
                "The service was started with {}={}.",
                self.origin.name, self.origin.value
            )),
            manner: manner(seen),
            evidence: vec![cx.seen("a page of the project's own origin asks", seen)],
        }
    }
}

fn allowed(seen: &Exchange) -> Option<&str> {
    seen.header("access-control-allow-origin").map(str::trim)
}

fn with_cookies(seen: &Exchange) -> &'static str {
    match seen.header("access-control-allow-credentials") {
        Some("true") => ", with cookies",
        _ => "",
    }
}

/// The words of all headers of this name, in lower case.
fn header_words(seen: &Exchange, name: &str) -> Vec<String> {
    let Outcome::Answered { headers, .. } = &seen.outcome else {
        return Vec::new();
    };
    let own = headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
    let words = own.flat_map(|(_, value)| value.split(','));
    words.map(|w| w.trim().to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_origin_is_the_declared_one() {
        let declared = "https://tickets.example";
        let all = others(declared);
        assert!(all.iter().all(|o| o.origin != declared));
        let has = |text: &str| all.iter().any(|o| o.origin == text);
        for text in [
            "https://tickets.example.evil.example",
            "https://evil-tickets.example",
            "https://evil.tickets.example",
            "http://tickets.example",
            "https://tickets.example:8443",
        ] {
            assert!(has(text), "{text}");
        }
    }
}

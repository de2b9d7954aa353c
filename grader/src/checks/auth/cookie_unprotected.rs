use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{NO_COOKIE, Seat, skipped};
use crate::check::guard::Guard;
use crate::model::{Draft, Exchange, Fault, Outcome, Verdict};
use crate::pack::{Auth, Spot, Verb};
use crate::probe::actor::SetCookie;
use crate::probe::auth::{Bearer, Session};
use crate::probe::plant::{answer, encoded};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// The cookie that a login sets, line by line. `HttpOnly` keeps it from scripts, `SameSite` from requests that
    /// other sites cause, `Secure` from connections that anybody can read, and without `Domain` it goes to this host
    /// alone. A name that begins with `__Host-` also wants `Path=/`. What scripts may not read must not stand in the
    /// reply's body or in another cookie either. Where the project says that its service has no TLS, `Secure` may be
    /// missing.
    ///
    /// ## Why it matters
    /// The cookie is the session: whoever reads it is logged in. Its attributes are all that a browser knows about who
    /// may read it and along with what it may be sent.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions   201  Set-Cookie: __Host-sid=…; Path=/; Secure; HttpOnly; SameSite=Lax
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions   201  Set-Cookie: __Host-sid=…; Path=/
    /// ```
    ///
    /// ## How to mend it
    /// Set the attributes where the cookie is made, not by what a framework takes for the usual: they often differ
    /// between development and production. What scripts need to know stands in a cookie of its own.
    pub static CHECK = {
        id: "auth.cookie-unprotected",
        summary: "the session's cookie can be read or sent by whom it is not meant for",
        concept: "credentials",
        severity: Medium,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-3.3.1", "ASVS v5.0.0-3.3.2", "ASVS v5.0.0-3.3.4", "RFC 6265 §4.1.2", "WSTG-SESS-02"],
        hints: [
            "Who besides the browser can read the cookie that a login sets, and along with whose requests is it sent?",
            "A cookie is as private as its attributes say: scripts, other sites and open connections are shut out one by one.",
            "Write `Secure; HttpOnly; SameSite=Lax; Path=/` and no `Domain`, and keep the value out of the body.",
        ],
        run,
    }
}

/// Something that the cookie lacks.
struct Lack {
    subject: &'static str,
    saw: &'static str,
    expected: &'static str,
    gain: &'static str,
}

const SCRIPTS: &str = "A script that gets into a page, by a hole or by a library, reads the session and sends it away.";

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let auth = accounts.auth().clone();
    let Some(name) = auth.cookie() else {
        return Ok(skipped(NO_COOKIE));
    };
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &a).await?);
    // C+: it is this cookie that makes the session.
    let alone = Bearer::nobody().with_cookie(name, a.access());
    if !accounts.whoami(&alone).await?.is(&a.account) {
        let control = format!("the cookie `{name}` alone is not enough to be known");
        return Ok(Verdict::Inconclusive { control });
    }
    let foreign = auth.env.origin.is_some();
    let set = SetCookie::all(&a.exchange);
    // Of several lines the last is what a browser keeps.
    let kept = set.iter().rfind(|c| c.name == name && !c.value.is_empty());
    let mut lacks = kept.map_or_else(Vec::new, |cookie| lacks(cookie, &auth, foreign));
    lacks.extend(shown(&a, &set, &auth));
    let op = auth.ops.get(&Verb::Login);
    for lack in lacks {
        guard.find(Draft {
            subject: lack.subject.to_owned(),
            touches: op.map(|o| cx.line(&o.op)).into_iter().collect(),
            saw: lack.saw.to_owned(),
            expected: lack.expected.to_owned(),
            actual: kept.map_or_else(|| answer(&a.exchange), told),
            note: Some(lack.gain.to_owned()),
            evidence: vec![cx.seen("the login that set the cookie", &a.exchange)],
            ..Draft::default()
        });
    }
    guard.close(cx, &mut accounts, Some(&a)).await
}

/// What a browser would make of the cookie that it should not. `foreign`: pages of another origin are to use it.
fn lacks(cookie: &SetCookie, auth: &Auth, foreign: bool) -> Vec<Lack> {
    let name = cookie.name.to_ascii_lowercase();
    let host = name.starts_with("__host-");
    let is = |attribute: &str, value: &str| {
        let said = cookie.attribute(attribute);
        said.is_some_and(|s| s.eq_ignore_ascii_case(value))
    };
    let mut all = Vec::new();
    if cookie.attribute("httponly").is_none() {
        all.push(Lack {
            subject: "`HttpOnly` of the session's cookie",
            saw: "scripts of a page can read the session's cookie",
            expected: "the attribute `HttpOnly`",
            gain: SCRIPTS,
        });
    }
    let said = |value| is("samesite", value);
    if !(said("lax") || said("strict") || foreign && said("none")) {
        all.push(Lack {
            subject: "`SameSite` of the session's cookie",
            saw: "nothing keeps the session's cookie from requests that other sites cause",
            expected: "`SameSite=Lax` or `SameSite=Strict`",
            gain: "A page of somebody else makes a visitor's browser ask this service in the visitor's name.",
        });
    }
    let wanted = auth.secure || host || name.starts_with("__secure-");
    if wanted && cookie.attribute("secure").is_none() {
        all.push(Lack {
            subject: "`Secure` of the session's cookie",
            saw: "the session's cookie also travels over connections that are not encrypted",
            expected: "the attribute `Secure`",
            gain: "One request without TLS, which anybody on the way can cause, and the session is theirs.",
        });
    }
    if cookie.attribute("domain").is_some_and(|d| !d.is_empty()) {
        all.push(Lack {
            subject: "`Domain` of the session's cookie",
            saw: "the session's cookie goes to every host of a domain",
            expected: "no attribute `Domain`",
            gain: "Each host below the domain sees the sessions of this service, and can set them.",
        });
    }
    if host && !is("path", "/") {
        all.push(Lack {
            subject: "`Path` of the session's cookie",
            saw: "browsers refuse the session's cookie: its name asks for `Path=/`",
            expected: "`Path=/`",
            gain: "With a name that begins with `__Host-` a browser keeps a cookie only with `Secure` and `Path=/`.",
        });
    }
    all
}

/// Where else a script could read the value.
fn shown(a: &Session, set: &[SetCookie], auth: &Auth) -> Vec<Lack> {
    let mut all = Vec::new();
    let mut takes = auth.ops.values().flat_map(|o| o.take.values());
    let declared = takes.any(|place| matches!(place.spot, Spot::Body(_)));
    if !declared && says(&a.exchange, a.access()) {
        all.push(Lack {
            subject: "the session in the reply to a login",
            saw: "the body of the reply shows what the session's cookie holds",
            expected: "the cookie alone holds it",
            gain: SCRIPTS,
        });
    }
    let open = |c: &&SetCookie| Some(c.name.as_str()) != auth.cookie() && c.value == a.access();
    if set
        .iter()
        .filter(open)
        .any(|c| c.attribute("httponly").is_none())
    {
        all.push(Lack {
            subject: "the session in another cookie",
            saw: "a cookie that scripts can read shows what the session's cookie holds",
            expected: "one cookie holds it, with `HttpOnly`",
            gain: SCRIPTS,
        });
    }
    all
}

/// Whether the body of a reply shows this value, as it stands in the cookie or without its encoding.
fn says(reply: &Exchange, value: &str) -> bool {
    let Outcome::Answered { body, .. } = &reply.outcome else {
        return false;
    };
    // A short one may stand there by chance.
    let strings = body.text.split('"').filter(|s| s.len() >= 8);
    strings
        .into_iter()
        .any(|s| s == value || encoded(s) == value)
}

/// The cookie's attributes, without its value.
fn told(cookie: &SetCookie) -> String {
    let said = ["path", "domain", "secure", "httponly", "samesite"]
        .into_iter()
        .filter_map(|name| Some((name, cookie.attribute(name)?)));
    let said: Vec<String> = said
        .map(|(name, value)| match value {
            "" => format!("`{name}`"),
            value => format!("`{name}={value}`"),
        })
        .collect();
    match said.is_empty() {
        true => "a cookie without attributes".to_owned(),
        false => said.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_told_by_its_attributes() {
        let cookie = SetCookie::read("sid=7; Path=/; HttpOnly; SameSite=Lax").unwrap();
        assert_eq!(told(&cookie), "`path=/`, `httponly`, `samesite=Lax`");
        let bare = SetCookie::read("sid=7").unwrap();
        assert_eq!(told(&bare), "a cookie without attributes");
    }
}

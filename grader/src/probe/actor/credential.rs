//! What logging in gives, and the headers that carry it.

use serde_json::Value;

use super::SetCookie;
use crate::model::Exchange;
use crate::pack::{Auth, Method, Place, Spot, Verb};

/// What proves who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The token, the session's id, the key.
    access: String,
    /// All cookies that the login set, for services that want them together (RFC 6265 §5.4).
    cookies: Vec<(String, String)>,
    /// The token against cross-site requests, where the pack declares one and a reply showed it.
    csrf: Option<String>,
    /// Whether the service has let somebody in with it.
    accepted: bool,
}

impl Credential {
    /// What the reply to a login gives; none where it shows no credential in the place that the pack says.
    pub fn of(auth: &Auth, reply: &Exchange) -> Option<Self> {
        let access = auth.ops.get(&Verb::Login)?.take.get("access")?;
        let mut credential = Self {
            access: shown(access, reply)?,
            cookies: cookies(reply),
            csrf: None,
            accepted: false,
        };
        credential.learn(auth, reply);
        Some(credential)
    }

    /// The same with another text in the place of the token.
    #[must_use]
    pub fn bearing(&self, text: &str) -> Self {
        Self {
            access: text.to_owned(),
            ..self.clone()
        }
    }

    /// The token, the session's id, the key.
    pub fn access(&self) -> &str {
        &self.access
    }

    /// All cookies that replies set, by name.
    pub fn cookies(&self) -> &[(String, String)] {
        &self.cookies
    }

    /// Learns the token against cross-site requests from a reply that shows it.
    pub fn learn(&mut self, auth: &Auth, reply: &Exchange) {
        let token = auth.csrf.as_ref().and_then(|c| shown(&c.token, reply));
        self.csrf = token.or(self.csrf.take());
        for (name, value) in cookies(reply) {
            self.cookies.retain(|(n, _)| *n != name);
            self.cookies.push((name, value));
        }
    }

    /// The same with another token against cross-site requests, or with none.
    #[must_use]
    pub fn with_csrf(&self, token: Option<&str>) -> Self {
        Self {
            csrf: token.map(str::to_owned),
            ..self.clone()
        }
    }

    /// The token against cross-site requests, where one was shown.
    pub fn csrf_token(&self) -> Option<&str> {
        self.csrf.as_deref()
    }

    /// Whether the pack wants a token against cross-site requests that no reply has shown yet.
    pub fn lacks_csrf(&self, auth: &Auth) -> bool {
        auth.csrf.is_some() && self.csrf.is_none()
    }

    /// Notes whether the service took it; whether it took it before and does no more.
    pub fn judge(&mut self, auth: &Auth, answer: &Exchange) -> bool {
        let refused = answer.status().is_some_and(|s| auth.refused.contains(&s));
        let ended = refused && self.accepted;
        self.accepted = !refused && (self.accepted || answer.status().is_some());
        ended
    }

    /// The headers that carry it; `Cookie` at most once, for many services read only the first.
    pub fn headers(&self, auth: &Auth) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        let mut cookies = Vec::new();
        let in_cookies = matches!(auth.carrier.place.spot, Spot::Cookie(_));
        let token_in_cookie = auth.csrf.as_ref().is_some_and(|c| is_cookie(&c.token));
        if in_cookies || token_in_cookie {
            cookies.clone_from(&self.cookies);
        }
        let value = format!("{}{}", auth.carrier.prefix, self.access);
        match &auth.carrier.place.spot {
            Spot::Header(name) => headers.push((name.clone(), value)),
            Spot::Cookie(name) => {
                cookies.retain(|(n, _)| n != name);
                cookies.push((name.clone(), value));
            }
            _ => {}
        }
        if !cookies.is_empty() {
            let pairs: Vec<_> = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
            headers.push(("cookie".to_owned(), pairs.join("; ")));
        }
        headers
    }

    /// The token against cross-site requests and where this method must send it (RFC 9110 §9.2.1: safe methods
    /// need none).
    pub fn csrf<'a>(&self, auth: &'a Auth, method: Method) -> Option<(&'a Place, Value)> {
        let safe = matches!(method, Method::Get | Method::Head | Method::Options);
        let place = &auth.csrf.as_ref().filter(|_| !safe)?.send;
        Some((place, Value::from(self.csrf.as_deref()?)))
    }
}

fn is_cookie(place: &Place) -> bool {
    matches!(place.spot, Spot::Cookie(_))
}

/// The text at a place of a reply.
pub(in crate::probe) fn shown(place: &Place, reply: &Exchange) -> Option<String> {
    let text = match &place.spot {
        Spot::Body(pointer) => match *pointer.get(&reply.json()?).first()? {
            Value::String(text) => text.clone(),
            number @ Value::Number(_) => number.to_string(),
            _ => return None,
        },
        Spot::Header(name) => reply.header(name)?.to_owned(),
        Spot::Cookie(name) => {
            let mut all = cookies(reply).into_iter();
            all.find(|(n, _)| n == name).map(|(_, value)| value)?
        }
        Spot::Path(_) | Spot::Query(_) | Spot::Made => return None,
    };
    let text = place.pick(&text)?;
    // A space or a line break would end the header that carries it.
    let plain = !text.is_empty() && text.bytes().all(|b| (0x21..0x7f).contains(&b));
    plain.then(|| text.to_owned())
}

/// The cookies that a reply sets; one that is deleted has no value.
fn cookies(reply: &Exchange) -> Vec<(String, String)> {
    let set = SetCookie::all(reply).into_iter();
    let set = set.filter(|c| !c.value.is_empty());
    set.map(|c| (c.name, c.value)).collect()
}

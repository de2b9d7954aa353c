//! Who a request says it comes from: the headers that carry a credential, an honest one or any text at all.

use serde_json::Value;

use crate::pack::{Auth, Method, Place, Spot};
use crate::probe::Request;
use crate::probe::actor::Credential;

/// What is put on a request to say who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bearer {
    headers: Vec<(String, String)>,
    csrf: Option<Credential>,
}

impl Bearer {
    /// Nobody: no credential at all.
    pub fn nobody() -> Self {
        Self::default()
    }

    /// Whoever holds this credential.
    pub(super) fn of(auth: &Auth, credential: &Credential) -> Self {
        Self {
            headers: credential.headers(auth),
            csrf: Some(credential.clone()),
        }
    }

    /// Somebody with these headers, whatever they are, in this order.
    pub fn with_headers<'a>(headers: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let owned = |(n, v): (&str, String)| (n.to_owned(), v);
        Self {
            headers: headers.into_iter().map(owned).collect(),
            csrf: None,
        }
    }

    /// The same with one header more.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with this cookie, instead of any that it has under the name.
    #[must_use]
    pub fn with_cookie(mut self, name: &str, value: &str) -> Self {
        let others = self
            .headers
            .extract_if(.., |(n, _)| n.eq_ignore_ascii_case("cookie"));
        let others: Vec<String> = others.map(|(_, pairs)| pairs).collect();
        let pairs = others.iter().flat_map(|pairs| pairs.split("; "));
        let kept = pairs
            .filter(|p| p.split('=').next() != Some(name))
            .map(str::to_owned);
        let all: Vec<String> = kept.chain([format!("{name}={value}")]).collect();
        self.headers.push(("cookie".to_owned(), all.join("; ")));
        self
    }

    /// The token against cross-site requests that goes with it, and its place, for requests that change something.
    pub(super) fn csrf<'a>(&self, auth: &'a Auth, method: Method) -> Option<(&'a Place, Value)> {
        self.csrf.as_ref()?.csrf(auth, method)
    }

    /// Puts it on a request, in the place of whatever credential that carries. Of a token against cross-site requests
    /// only one in a header is exchanged too.
    pub(super) fn carry(&self, auth: &Auth, request: Request) -> Request {
        let mut request = request.without("cookie");
        if let Spot::Header(name) = &auth.carrier.place.spot {
            request = request.without(name);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let Some(Spot::Header(name)) = auth.csrf.as_ref().map(|c| &c.send.spot) else {
            return request;
        };
        let request = request.without(name);
        let changes = !matches!(request.sent().method.as_str(), "GET" | "HEAD" | "OPTIONS");
        let token = self.csrf.as_ref().filter(|_| changes);
        match token.and_then(|c| c.csrf(auth, Method::Post)) {
            Some((_, Value::String(token))) => request.header(name, &token),
            _ => request,
        }
    }
}

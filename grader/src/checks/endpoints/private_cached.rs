use super::{operation_missing, wrong_success_status};
use crate::check::{Cx, Findings};
use crate::model::{Draft, Exchange, Fault, Outcome, Verdict};
use crate::pack::{Auth, Method, Operation, Spot, Verb};
use crate::probe::plant::{Step, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// The replies to reads that ask for a login, and the reply to the login itself: whether their headers let a
    /// cache that many people share keep them and give them to somebody else. Each such read is sent again without
    /// a login: only what is then refused is private.
    ///
    /// ## Why it matters
    /// Between a service and its clients stand caches that it does not know: a company's proxy, a content delivery
    /// network. One header is enough for them to show one person's data to the next who asks, without ever asking
    /// the service.
    ///
    /// ## Passes
    /// ```text
    /// GET /me      200  Cache-Control: private
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me      200  Cache-Control: public, max-age=600
    /// ```
    ///
    /// ## How to mend it
    /// Say `Cache-Control: private` where the browser may keep a reply, and `no-store` where nobody may: for
    /// everything that asks for a login, and for the login. Then allow more where a reply is everybody's.
    pub static CHECK = {
        id: "endpoints.private-cached",
        summary: "a cache may give one account's data to another",
        concept: "http-exchange",
        severity: Medium,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9111 §3.5", "RFC 9111 §5.2.2", "RFC 6749 §5.1", "ASVS v5.0.0-14.3.2"],
        hints: [
            "Who stands between your service and the person who asks, and what may they remember?",
            "`public`, `s-maxage`, and `max-age` where a cookie tells who asks, allow every cache on the way to keep a reply and to give it to others.",
            "Send `Cache-Control: private` or `no-store` with every reply that depends on who asks.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut guarded = pack.contract.operations.iter();
    let auth = pack.auth.as_ref();
    if !guarded.any(is_private) {
        let why = "nothing that this contract reads asks for a login".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    let auth = control!(auth.ok_or("the pack does not say how to log in"));
    let login = auth.ops.get(&Verb::Login).map(|l| &l.op);
    let (mut findings, mut advice) = (cx.findings(), cx.findings());
    let mut asked = 0;
    for step in cx.planter().tour().await? {
        let Some(operation) = pack.op(&step.op).filter(|_| said_yes(&step.exchange)) else {
            continue;
        };
        let logs_in = login == Some(&step.op);
        if !is_private(operation) && !logs_in {
            continue;
        }
        asked += usize::from(!logs_in);
        let caching = Caching::of(&step.exchange, auth);
        if let Some(by) = caching.may_be_given_away() {
            if logs_in || refused_to_strangers(cx, &step).await? {
                findings.add(draft(cx, operation, &step, by));
            }
        } else if caching.says_nothing() && !logs_in {
            silent(cx, operation, &step, &mut advice);
        }
    }
    let asked = match asked {
        0 => Err("no read that asks for a login could be asked".to_owned()),
        asked => Ok(asked),
    };
    control!(asked);
    Ok(match findings.is_empty() {
        true => advice.advice(),
        false => findings.verdict(),
    })
}

/// Whether it reads something for which one must log in.
fn is_private(operation: &Operation) -> bool {
    operation.method == Method::Get && !operation.security.anyone
}

/// C-: what anybody may read is nobody's secret, whatever the contract says; that is told by other checks.
async fn refused_to_strangers(cx: &Cx, step: &Step) -> Result<bool, Fault> {
    let path = &step.exchange.sent.path;
    let request = cx.http().request("GET", path).after(&step.exchange);
    Ok(!said_yes(&request.send().await?))
}

fn draft(cx: &Cx, operation: &Operation, step: &Step, by: &str) -> Draft {
    Draft {
        subject: format!("caches: {by}"),
        touches: vec![operation.line()],
        saw: format!("{by} lets any cache give a reply for one account to another"),
        expected: "`Cache-Control: private`, or `no-store`".to_owned(),
        actual: match step.exchange.header("cache-control") {
            Some(control) => format!("`Cache-Control: {control}`"),
            None => "no `Cache-Control`".to_owned(),
        },
        evidence: vec![cx.seen("a reply for one account", &step.exchange)],
        ..Draft::default()
    }
}

fn silent(cx: &Cx, operation: &Operation, step: &Step, advice: &mut Findings) {
    advice.add(Draft {
        subject: "caches: nothing said".to_owned(),
        touches: vec![operation.line()],
        saw: "replies for one account say nothing about caches".to_owned(),
        expected: "`Cache-Control: private`, or `no-store`".to_owned(),
        actual: "no `Cache-Control`: a cache may guess how long it keeps a reply".to_owned(),
        evidence: vec![cx.seen("a reply for one account", &step.exchange)],
        ..Draft::default()
    });
}

/// What a reply says to caches.
#[derive(Debug, Default)]
struct Caching {
    /// The directives of `Cache-Control`, in lower case, with their values.
    directives: Vec<(String, String)>,
    /// Whether the request said who asks in `Authorization`, which forbids much by itself (RFC 9111 §3.5).
    authorized: bool,
    /// Whether the reply is kept for each asker apart.
    apart: bool,
    /// Whether an `Expires` says how long it may be kept.
    expires: bool,
}

impl Caching {
    fn of(exchange: &Exchange, auth: &Auth) -> Self {
        let sent = exchange.sent.headers.iter();
        let authorized = sent
            .clone()
            .any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let carrier = match &auth.carrier.place.spot {
            Spot::Header(name) => name.as_str(),
            _ => "cookie",
        };
        let vary = all(exchange, "vary");
        Self {
            directives: all(exchange, "cache-control")
                .map(|said| {
                    let (name, value) = said.split_once('=').unwrap_or((said, ""));
                    let value = value.trim().trim_matches('"');
                    (name.trim().to_ascii_lowercase(), value.to_owned())
                })
                .collect(),
            authorized,
            apart: vary
                .into_iter()
                .any(|name| name == "*" || name.eq_ignore_ascii_case(carrier)),
            expires: exchange.header("expires").is_some(),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.directives.iter().any(|(n, _)| n == name)
    }

    /// How many seconds a directive gives; none where it is not there or makes no sense.
    fn seconds(&self, name: &str) -> Option<u64> {
        let (_, value) = self.directives.iter().find(|(n, _)| n == name)?;
        value.parse().ok()
    }

    /// What lets a shared cache answer others with this reply, without asking the service again.
    fn may_be_given_away(&self) -> Option<&'static str> {
        let closed = ["no-store", "private", "no-cache"];
        if self.apart || closed.iter().any(|name| self.has(name)) {
            return None;
        }
        // For shared caches `s-maxage` outdoes `max-age` (RFC 9111 §5.2.2.10).
        let fresh = self.seconds("s-maxage").or(self.seconds("max-age"));
        if fresh == Some(0) {
            return None;
        }
        let given = |name: &str| self.seconds(name).is_some();
        if self.has("public") {
            Some("`public`")
        } else if given("s-maxage") {
            Some("`s-maxage`")
        } else if given("max-age") && self.has("must-revalidate") {
            Some("`must-revalidate` with a `max-age`")
        } else if given("max-age") && !self.authorized {
            Some("`max-age` without `private`")
        } else {
            None
        }
    }

    /// Whether a shared cache is left to guess.
    fn says_nothing(&self) -> bool {
        self.directives.is_empty() && !self.expires && !self.authorized && !self.apart
    }
}

/// The members of every header with this name.
fn all<'e>(exchange: &'e Exchange, name: &'e str) -> impl Iterator<Item = &'e str> {
    let headers = match &exchange.outcome {
        Outcome::Answered { headers, .. } => headers.as_slice(),
        _ => &[],
    };
    let named = headers
        .iter()
        .filter(move |(n, _)| n.eq_ignore_ascii_case(name));
    named.flat_map(|(_, value)| value.split(',').map(str::trim).filter(|v| !v.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caching(control: &str, authorized: bool) -> Caching {
        let said = control.split(", ").filter(|s| !s.is_empty());
        let pair = |said: &str| {
            let (name, value) = said.split_once('=').unwrap_or((said, ""));
            (name.to_owned(), value.to_owned())
        };
        Caching {
            directives: said.map(pair).collect(),
            authorized,
            ..Caching::default()
        }
    }

    #[test]
    fn what_a_shared_cache_may_give_to_others() {
        for (control, with_authorization, with_cookie) in [
            ("", false, false),
            ("private", false, false),
            ("private, max-age=60", false, false),
            ("no-store", false, false),
            ("no-cache, public", false, false),
            ("public", true, true),
            ("public, max-age=600", true, true),
            ("public, max-age=0, must-revalidate", false, false),
            ("public, s-maxage=0, max-age=60", false, false),
            ("s-maxage=60", true, true),
            ("max-age=60, must-revalidate", true, true),
            ("max-age=60", false, true),
            ("max-age=0", false, false),
            ("max-age=soon", false, false),
        ] {
            let given = |authorized| caching(control, authorized).may_be_given_away().is_some();
            assert_eq!(given(true), with_authorization, "{control}");
            assert_eq!(given(false), with_cookie, "{control}");
        }
        let apart = Caching {
            apart: true,
            ..caching("public, max-age=60", false)
        };
        assert_eq!(apart.may_be_given_away(), None);
    }

    #[test]
    fn only_a_cookie_leaves_a_cache_to_guess() {
        assert!(caching("", false).says_nothing());
        assert!(!caching("", true).says_nothing());
        assert!(!caching("private", false).says_nothing());
    }
}

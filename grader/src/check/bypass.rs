//! Ways around a guard that are no credential: headers about who asks, from where, how and for what; and other
//! spellings of a path.

use serde_json::Value;

use super::about::is_gone;
use super::guard::Guard;
use super::privileges::Door;
use super::strangers::both;
use super::{Cx, a};
use crate::model::{Draft, Exchange, Fault};
use crate::probe::Request;
use crate::probe::auth::{Accounts, Bearer, Session};
use crate::probe::plant::{Planted, answer, said_yes};

const GAIN: &str =
    "Whoever knows the trick does what only others may, and the guard never sees them.";

/// Headers in which gateways say who was let in.
const IDS: [&str; 4] = [
    "x-user-id",
    "x-userid",
    "x-account-id",
    "x-authenticated-userid",
];
const LOGINS: [&str; 6] = [
    "x-user",
    "x-user-email",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-remote-user",
    "remote-user",
];

/// Each such header with what names this account in it.
pub(crate) fn identities(of: &Session, id: Option<&Value>) -> Vec<(&'static str, String)> {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let login = text(&of.account.login);
    let ids = IDS.into_iter().filter_map(|name| Some((name, text(id?))));
    ids.chain(LOGINS.into_iter().map(|name| (name, login.clone())))
        .collect()
}

/// Headers that make a caller somebody else.
fn claims(role: &str) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&str, String)> = ["x-role", "x-roles", "x-user-role", "x-forwarded-groups"]
        .map(|name| (name, role.to_owned()))
        .to_vec();
    for name in ["x-admin", "x-is-admin", "x-internal"] {
        all.push((name, "true".to_owned()));
    }
    for name in [
        "x-forwarded-for",
        "x-real-ip",
        "x-client-ip",
        "x-originating-ip",
    ] {
        all.push((name, "127.0.0.1".to_owned()));
    }
    all.push(("forwarded", "for=127.0.0.1".to_owned()));
    all
}

/// Other spellings of a path, with what each is.
fn spellings(path: &str) -> Vec<(String, &'static str)> {
    let (plain, query) = match path.split_once('?') {
        Some((plain, query)) => (plain, format!("?{query}")),
        None => (path, String::new()),
    };
    let (head, last) = plain.rsplit_once('/').unwrap_or(("", plain));
    let first = last.bytes().next().unwrap_or(b'/');
    let rest = last.get(1..).unwrap_or_default();
    let all = [
        (format!("{plain}/"), "with a slash at the end"),
        (format!("/{plain}"), "with two slashes at its start"),
        (format!("{head}//{last}"), "with two slashes"),
        (format!("{head}/./{last}"), "with a dot"),
        (format!("{head}/x/../{last}"), "with a step back"),
        (
            format!("{head}/%{first:02X}{rest}"),
            "with a letter encoded",
        ),
        (
            format!("{head}/{}", last.to_uppercase()),
            "in capital letters",
        ),
        (format!("{plain};x=1"), "with a parameter of its own"),
        (format!("{plain}.json"), "with an ending"),
        (format!("{plain}%20"), "with a blank at the end"),
        (format!("{plain}%00"), "with a zero byte at the end"),
    ];
    all.into_iter()
        .map(|(path, name)| (format!("{path}{query}"), name))
        .collect()
}

/// Somebody tries to get at an operation that is closed to them.
pub(crate) struct Bypass<'b> {
    pub(crate) cx: &'b Cx,
    pub(crate) accounts: &'b mut Accounts,
    pub(crate) guard: &'b mut Guard,
    /// The operation, and the role that has it.
    pub(crate) door: Door,
}

impl Bypass<'_> {
    /// Tries all of it, in the name of an account without the role and of nobody. `top` has the role.
    pub(crate) async fn tried(&mut self, top: &Session, plain: &Session) -> Result<(), Fault> {
        let line = self.cx.line(&self.door.op);
        let Ok(request) = self.accounts.planter().errand(&self.door.op, &[]) else {
            return Ok(());
        };
        let honest = self.by(&request, &top.bearer()).send().await?;
        if !self.shows(&honest) {
            let (role, said) = (a(&self.door.role), answer(&honest));
            self.guard
                .doubt(format!("{line} answered {said} to {role}"));
            return Ok(());
        }
        for (who, bearer) in [
            ("an account without the role", plain.bearer()),
            ("somebody without a credential", Bearer::nobody()),
        ] {
            // C-: closed to them by the plain request; where it is not, that is what another check tells.
            let refused = self.by(&request, &bearer).send().await?;
            if said_yes(&refused) {
                continue;
            }
            for (header, value) in claims(&self.door.role) {
                let told = format!("with `{header}: {value}`");
                let request = self.by(&request, &bearer).header(header, &value);
                let seen = request.send_as_written().await;
                self.judge((who, &told), [&refused, &seen]);
            }
            for (path, how) in spellings(&request.sent().path) {
                let request = self.by(&request, &bearer).to(path);
                let seen = request.send_as_written().await;
                let told = format!("under its path {how}");
                self.judge((who, &told), [&refused, &seen]);
            }
        }
        Ok(())
    }

    fn by(&self, request: &Request, bearer: &Bearer) -> Request {
        self.accounts.carry(request.clone(), bearer)
    }

    /// Whether an answer shows what the operation is for: its list, with something in it.
    fn shows(&self, seen: &Exchange) -> bool {
        let pack = self.cx.pack();
        let listing = pack.op(&self.door.op).and_then(|op| op.listing.as_ref());
        let body = seen.json().filter(|_| said_yes(seen));
        let shown = |body: &Value| {
            let place = listing.map(|l| &l.items);
            place.is_some_and(|place| place.get(body).iter().any(|item| item.is_object()))
        };
        body.as_ref().is_some_and(shown)
    }

    fn judge(&mut self, (who, how): (&str, &str), [refused, seen]: [&Exchange; 2]) {
        if !self.shows(seen) {
            return;
        }
        let line = self.cx.line(&self.door.op);
        self.guard.find(Draft {
            subject: line,
            saw: format!("{who} is let in {how}"),
            expected: format!("what the plain request is answered: {}", answer(refused)),
            actual: answer(seen),
            note: Some(GAIN.to_owned()),
            evidence: both(self.cx, ("the plain request", refused), (how, seen)),
            ..Draft::default()
        });
    }
}

/// A thing that anybody reads is removed by a request that says of itself that it is another.
pub(crate) async fn removed(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    thing: &Planted,
) -> Result<(), Fault> {
    let pack = cx.pack();
    let entity = pack.entity(&thing.entity);
    let Some((read, delete)) = entity.and_then(|e| Some((e.read.as_ref()?, e.delete.as_ref()?)))
    else {
        return Ok(());
    };
    let Ok(request) = accounts.planter().errand_about(thing, &read.op, None) else {
        return Ok(());
    };
    let path = request.sent().path.clone();
    let mark = if path.contains('?') { '&' } else { '?' };
    let plain = accounts.carry(request, &Bearer::nobody());
    let headers = [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
    ];
    let mut ways: Vec<(String, Request)> = headers
        .iter()
        .map(|name| {
            let request = plain.clone().header(name, "DELETE");
            (format!("a read with `{name}: DELETE`"), request)
        })
        .collect();
    ways.push((
        "a read with `_method=DELETE` in its query".to_owned(),
        plain.clone().to(format!("{path}{mark}_method=DELETE")),
    ));
    for (how, request) in ways {
        let seen = request.send().await?;
        let Some(after) = accounts.planter().read(thing).await? else {
            return Ok(());
        };
        if !is_gone(&after) {
            continue;
        }
        guard.find(Draft {
            subject: cx.line(&delete.op),
            saw: format!(
                "{} is removed by {how}, without a credential",
                a(&thing.entity)
            ),
            expected: "a read, or a refusal".to_owned(),
            actual: format!("{}, and it is gone", answer(&seen)),
            note: Some(GAIN.to_owned()),
            evidence: vec![cx.seen(how, &seen), cx.seen("it is read after", &after)],
            ..Draft::default()
        });
        return Ok(());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_spelled_in_other_ways() {
        let all = spellings("/accounts?limit=1");
        let has = |path: &str| all.iter().any(|(p, _)| p == path);
        for path in [
            "/accounts/?limit=1",
            "//accounts?limit=1",
            "/./accounts?limit=1",
            "/%61ccounts?limit=1",
            "/ACCOUNTS?limit=1",
        ] {
            assert!(has(path), "{path}");
        }
        assert!(all.iter().all(|(path, _)| path != "/accounts?limit=1"));
    }
}

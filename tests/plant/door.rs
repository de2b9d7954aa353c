//! A service with a door: accounts, sessions, and notes that are their makers' own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::http::{Answer, Asked, Service, serve};
use super::store::answer;

/// The door's manners.
#[derive(Clone, Copy, Default)]
pub(super) struct Manners {
    /// Credentials travel in the cookie `sid`, and what changes something wants the token of the cookie `csrf`.
    pub(super) cookies: bool,
    /// Every session ends after so many requests.
    pub(super) lasts: Option<u32>,
    /// Only these may make notes.
    pub(super) role: Option<&'static str>,
    /// An account that is there from the start.
    pub(super) admin: Option<(&'static str, &'static str)>,
}

/// What an account is, beside its name.
#[derive(Clone)]
struct Account {
    password: Value,
    role: Value,
}

struct Door {
    manners: Manners,
    accounts: BTreeMap<String, Account>,
    /// Whose a session is, and for how many requests.
    sessions: BTreeMap<String, (String, u32)>,
    /// Whose a note is, and what it says.
    notes: Vec<(String, Value)>,
    follows: Vec<(String, String)>,
}

/// The address of such a service.
pub(super) async fn door(manners: Manners) -> String {
    let admin = manners.admin.map(|(name, password)| {
        let (password, role) = (Value::from(password), Value::from("admin"));
        (name.to_owned(), Account { password, role })
    });
    serve(Door {
        manners,
        accounts: admin.into_iter().collect(),
        sessions: BTreeMap::new(),
        notes: Vec::new(),
        follows: Vec::new(),
    })
    .await
}

impl Service for Door {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        match (asked.method.as_str(), path.as_slice()) {
            ("POST", ["users"]) => return self.join(&body),
            ("POST", ["login"]) => return self.enter(&body),
            _ => {}
        }
        let Some(me) = self.caller(asked) else {
            return refused(401);
        };
        let role = self
            .accounts
            .get(&me)
            .map(|a| a.role.clone())
            .unwrap_or_default();
        match (asked.method.as_str(), path.as_slice()) {
            ("DELETE", ["login"]) => {
                self.sessions.retain(|_, (who, _)| *who != me);
                answer(204, String::new())
            }
            ("GET", ["me"]) => answer(200, json!({"email": me}).to_string()),
            ("GET", ["users", name]) if *name == me => {
                answer(200, json!({"email": me}).to_string())
            }
            ("GET", ["users", _]) => refused(403),
            ("POST", ["users", name, "follow"]) if *name == me => refused(422),
            ("POST", ["users", name, "follow"]) if self.accounts.contains_key(*name) => {
                self.follows.push((me, (*name).to_owned()));
                answer(204, String::new())
            }
            ("DELETE", ["users", name, "follow"]) => {
                let before = self.follows.len();
                self.follows.retain(|(a, b)| *a != me || b != name);
                let gone = self.follows.len() < before;
                if gone {
                    answer(204, String::new())
                } else {
                    refused(404)
                }
            }
            ("POST", ["notes"]) if self.manners.role.is_some_and(|r| role != r) => refused(403),
            ("POST", ["notes"]) => {
                self.notes.push((me, body["text"].clone()));
                answer(201, self.note(self.notes.len() - 1))
            }
            (method, ["notes", id]) => self.one(method, id, &me),
            _ => refused(404),
        }
    }
}

impl Door {
    fn join(&mut self, body: &Value) -> Answer {
        let email = body["email"].as_str().unwrap_or_default().to_owned();
        if email.is_empty() || self.accounts.contains_key(&email) {
            return refused(409);
        }
        let account = Account {
            password: body["password"].clone(),
            role: body["role"].clone(),
        };
        self.accounts.insert(email.clone(), account);
        answer(201, json!({"email": email}).to_string())
    }

    fn enter(&mut self, body: &Value) -> Answer {
        let email = body["email"].as_str().unwrap_or_default();
        let known = self
            .accounts
            .get(email)
            .is_some_and(|a| a.password == body["password"]);
        if !known {
            return refused(401);
        }
        let session = format!("s/{}==", self.sessions.len());
        let lasts = self.manners.lasts.unwrap_or(u32::MAX);
        self.sessions
            .insert(session.clone(), (email.to_owned(), lasts));
        if !self.manners.cookies {
            return answer(200, json!({"token": session}).to_string());
        }
        let mut reply = answer(200, "{}".to_owned());
        let cookie =
            |name: &str, value: &str| ("set-cookie", format!("{name}={value}; Path=/; HttpOnly"));
        reply.headers.extend([
            cookie("sid", &session),
            cookie("csrf", &format!("t-{session}")),
        ]);
        reply
    }

    /// Who asks, while their session lasts.
    fn caller(&mut self, asked: &Asked) -> Option<String> {
        let header = |name: &str| {
            asked
                .headers
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.as_str())
        };
        let session = if self.manners.cookies {
            let cookie = |name: &str| {
                let mut all = header("cookie")?.split("; ");
                all.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            };
            let safe = asked.method == "GET";
            let token = cookie("csrf").filter(|t| safe || header("x-csrf-token") == Some(t));
            token.and(cookie("sid"))?
        } else {
            header("authorization")?.strip_prefix("Bearer ")?
        };
        let (who, left) = self.sessions.get_mut(session)?;
        *left = left.checked_sub(1)?;
        Some(who.clone())
    }

    fn note(&self, at: usize) -> String {
        json!({"id": at, "text": self.notes[at].1}).to_string()
    }

    fn one(&mut self, method: &str, id: &str, me: &str) -> Answer {
        let at: usize = id.parse().unwrap();
        match (method, self.notes.get(at)) {
            (_, Some((owner, _))) if owner != me => refused(404),
            ("GET", Some((_, Value::String(_)))) => answer(200, self.note(at)),
            ("DELETE", Some((_, Value::String(_)))) => {
                self.notes[at].1 = Value::Null;
                answer(204, String::new())
            }
            _ => refused(404),
        }
    }
}

fn refused(status: u16) -> Answer {
    answer(status, json!({"status": status}).to_string())
}

//! Requests as the page of another site causes them: cookies come along, and nothing that only a page of the service
//! could know.

use serde_json::Value;

use super::Cx;
use super::about::{in_this_state, is_gone, is_other};
use super::guard::Guard;
use super::kept::{Kept, row};
use super::strangers::Met;
use crate::model::{Draft, Evidence, Exchange, Fault, Manner};
use crate::pack::{OpId, Verb};
use crate::probe::Request;
use crate::probe::actor::Actor;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{Planted, Wish, answer, encoded, said_yes};
use crate::probe::sql::Token;

/// Whose page it is.
const ELSEWHERE: &str = "https://evil.example";

/// What turns such a request away: it is not for this caller, or nothing that the service reads.
const AWAY: [u16; 6] = [400, 401, 403, 404, 415, 422];

const GAIN: &str = "Whoever gets a visitor onto a page of theirs lets the visitor's browser do this, and nobody sees it.";

/// The body of a request that a page can send without asking first (Fetch §4.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is.
    Json,
    /// The same JSON, said to be plain text.
    Text,
    /// The fields of a form.
    Fields,
    /// The fields of a form with files.
    Parts,
}

/// Somebody whose browser is made to ask.
pub(crate) struct Trial<'t> {
    pub(crate) cx: &'t Cx,
    pub(crate) accounts: &'t mut Accounts,
    pub(crate) guard: &'t mut Guard,
    /// Who is logged in there.
    pub(crate) owner: Actor,
}

impl Trial<'_> {
    /// A thing like this is made from elsewhere; with somebody else's token, in all ways that a token may be missing.
    pub(crate) async fn made(
        &mut self,
        like: &Planted,
        foreign: Option<&str>,
    ) -> Result<(), Fault> {
        let mut ways = vec![("without the token", None, Form::Json)];
        if let Some(foreign) = foreign {
            ways.extend([
                ("with an empty token", Some(""), Form::Json),
                (
                    "with the token of another account",
                    Some(foreign),
                    Form::Json,
                ),
                ("as plain text, without the token", None, Form::Text),
                ("as a form, without the token", None, Form::Fields),
                ("as a form with files, without the token", None, Form::Parts),
            ]);
        }
        let known: Vec<Token> = like.facts.values().filter_map(text).collect();
        for (how, token, form) in ways {
            let wish = Wish {
                parents: like.parents.clone(),
                ..Wish::default()
            };
            let Ok(ready) = self.accounts.planter().prepare(&like.entity, wish).await? else {
                continue;
            };
            let request = in_form(self.caused(ready.request(), token), form, &ready.body);
            let attack = request.send().await?;
            let texts: Vec<Token> = ready.facts.values().filter_map(text).collect();
            let kept = Kept::learn(self.cx, &known).await?;
            let hit = match kept {
                Some(kept) if !texts.is_empty() => kept.stays(&texts).await?,
                _ => None,
            };
            let shown = hit.map(|hit| row("what was sent is kept", hit));
            let word = shown.map(|shown| ("made", shown));
            if self.judge(&ready.op, (how, &attack), word) {
                let honest = ready.request().send().await?;
                self.goes_through(&ready.op, &honest);
            }
        }
        Ok(())
    }

    /// The thing is changed from elsewhere, and then by its owner.
    pub(crate) async fn changed(&mut self, thing: &Planted) -> Result<(), Fault> {
        let pack = self.cx.pack();
        let update = pack.entity(&thing.entity).and_then(|e| e.update.as_ref());
        let planter = self.accounts.planter();
        let (Some(update), Some(body)) = (update, planter.change_of(thing)) else {
            return Ok(());
        };
        let Some(before) = planter.read(thing).await?.filter(said_yes) else {
            return Ok(());
        };
        let op = &update.call.op;
        let Ok(request) = planter.errand_about(thing, op, Some(body.clone())) else {
            return Ok(());
        };
        let attack = self.caused(in_this_state(request, &before), None);
        let attack = attack.send().await?;
        let planter = self.accounts.planter();
        let after = planter.read(thing).await?;
        let after = after.filter(|after| is_other(planter, thing, &before, after));
        let word = after.map(|after| ("changed", self.cx.seen("it is read after", &after)));
        if self.judge(op, ("without the token", &attack), word) {
            let (planter, key) = (self.accounts.planter(), thing.key.as_ref());
            if let Some(honest) = planter.ask(thing, &update.call, key, Some(body)).await? {
                self.goes_through(op, &honest);
            }
        }
        Ok(())
    }

    /// The thing is removed from elsewhere, and then by its owner.
    pub(crate) async fn removed(&mut self, thing: &Planted) -> Result<(), Fault> {
        let pack = self.cx.pack();
        let delete = pack.entity(&thing.entity).and_then(|e| e.delete.as_ref());
        let Some(op) = delete.map(|d| &d.op) else {
            return Ok(());
        };
        let planter = self.accounts.planter();
        let Some(before) = planter.read(thing).await?.filter(said_yes) else {
            return Ok(());
        };
        let Ok(request) = planter.errand_about(thing, op, None) else {
            return Ok(());
        };
        let attack = self.caused(in_this_state(request, &before), None);
        let attack = attack.send().await?;
        let after = self.accounts.planter().read(thing).await?.filter(is_gone);
        let word = after.map(|after| ("removed", self.cx.seen("it is read after", &after)));
        if self.judge(op, ("without the token", &attack), word)
            && let Some(honest) = self.accounts.planter().delete(thing).await?
        {
            self.goes_through(op, &honest);
        }
        Ok(())
    }

    /// What an account may do to itself is done to it from elsewhere.
    pub(crate) async fn own_account(&mut self, session: &Session) -> Result<(), Fault> {
        let auth = self.accounts.auth().clone();
        let new = self.accounts.password();
        for verb in [
            Verb::ChangePassword,
            Verb::Logout,
            Verb::LogoutAll,
            Verb::DeleteAccount,
        ] {
            let Some(op) = auth.ops.get(&verb) else {
                continue;
            };
            let value = |name: &str| match name {
                "old" | "secret" => Some(session.account.secret.clone()),
                "new" => Some(new.clone()),
                _ => None,
            };
            let sent = op.send.iter();
            let values: Option<Vec<_>> = sent
                .map(|(name, place)| Some((place.clone(), value(name)?)))
                .collect();
            let request = values.map(|values| self.accounts.planter().errand(&op.op, &values));
            let Some(Ok(request)) = request else { continue };
            let attack = self.caused(request, None).send().await?;
            let after = self.accounts.whoami(&session.bearer()).await?;
            let ended = after.refused() && verb != Verb::ChangePassword;
            let word = ended.then(|| {
                let shown = self.cx.seen("the session is shown after", after.exchange());
                ("done", shown)
            });
            if !self.judge(&op.op, ("without the token", &attack), word) {
                // The session may be no more.
                return Ok(());
            }
        }
        let honest = self.accounts.logout(session).await?;
        if let (Ok(honest), Some(op)) = (honest, auth.ops.get(&Verb::Logout)) {
            self.goes_through(&op.op, &honest);
        }
        Ok(())
    }

    /// The request as a page of another site causes it in the owner's browser, with this for a token.
    fn caused(&self, request: Request, token: Option<&str>) -> Request {
        let mut owner = self.owner.clone();
        owner.credential = owner.credential.map(|c| c.with_csrf(token));
        let request = match self.accounts.bearer_of(&owner) {
            Some(bearer) => self.accounts.carry(request, &bearer),
            None => request,
        };
        request
            .without("origin")
            .header("origin", ELSEWHERE)
            .header("sec-fetch-site", "cross-site")
    }

    /// Whether such a request was turned away and did nothing; a finding or a doubt where not.
    fn judge(
        &mut self,
        op: &OpId,
        (how, attack): (&str, &Exchange),
        done: Option<(&str, Evidence)>,
    ) -> bool {
        let line = self.cx.line(op);
        let met = Met::by(self.cx, &AWAY, op, "a page of another site", attack);
        let said = answer(attack);
        let (saw, actual, manner) = match (met, &done) {
            (Met::Yes, _) => (
                format!("a request from another site, {how}, goes through"),
                said,
                Manner::Wrong,
            ),
            (_, Some((word, _))) => (
                format!("what a request from another site asked, {how}, is {word} all the same"),
                format!("{said}, and it is {word}"),
                Manner::Wrong,
            ),
            (Met::Broke(manner), None) => (
                format!("a request from another site, {how}, breaks the service"),
                said,
                manner,
            ),
            (Met::Unclear(why), None) => {
                self.guard.doubt(why);
                return false;
            }
            (Met::Away, None) => return true,
        };
        let mut evidence = vec![self.cx.seen(format!("from another site, {how}"), attack)];
        evidence.extend(done.map(|(_, shown)| shown));
        self.guard.find(Draft {
            subject: line,
            saw,
            expected: "403, and nothing done, unless the session's own token comes along"
                .to_owned(),
            actual,
            note: Some(GAIN.to_owned()),
            manner,
            evidence,
            ..Draft::default()
        });
        false
    }

    /// C+: without a yes to the same request with the right token, a refusal shows nothing.
    fn goes_through(&mut self, op: &OpId, honest: &Exchange) {
        if !said_yes(honest) {
            let (line, said) = (self.cx.line(op), answer(honest));
            self.guard.doubt(format!(
                "{line} answered {said} to a request with the session's own token"
            ));
        }
    }
}

/// A request with its body as a form has it.
fn in_form(request: Request, form: Form, body: &Value) -> Request {
    const MARK: &str = "zq7-kestrel";
    let fields = body.as_object().into_iter().flatten();
    let fields: Vec<(&String, String)> = fields
        .map(|(name, value)| {
            let text = value.as_str().map(str::to_owned);
            (name, text.unwrap_or_else(|| value.to_string()))
        })
        .collect();
    let (media, text) = match form {
        Form::Json => return request,
        Form::Text => ("text/plain".to_owned(), body.to_string()),
        Form::Fields => {
            let pair =
                |(name, value): &(&String, String)| format!("{}={}", encoded(name), encoded(value));
            let all: Vec<String> = fields.iter().map(pair).collect();
            (
                "application/x-www-form-urlencoded".to_owned(),
                all.join("&"),
            )
        }
        Form::Parts => {
            let part = |(name, value): &(&String, String)| {
                format!(
                    "--{MARK}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
            };
            let all: String = fields.iter().map(part).collect();
            (
                format!("multipart/form-data; boundary={MARK}"),
                format!("{all}--{MARK}--\r\n"),
            )
        }
    };
    request
        .without("content-type")
        .header("content-type", &media)
        .text(text)
}

fn text(value: &Value) -> Option<Token> {
    Token::of(value).filter(|t| matches!(t, Token::Text(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Http, Journal};
    use serde_json::json;

    #[test]
    fn a_body_is_written_as_forms_are() {
        let http = Http::new("http://127.0.0.1:1", Journal::default()).unwrap();
        let body = json!({"name": "a & b", "capacity": 7});
        let plain = http.request("POST", "/venues").json(&body);
        let sent = |form| {
            let request = in_form(plain.clone(), form, &body);
            let sent = request.sent().clone();
            assert_eq!(sent.headers.len(), 1);
            (sent.headers[0].1.clone(), sent.body.unwrap().text)
        };
        let fields = sent(Form::Fields);
        assert_eq!(fields.0, "application/x-www-form-urlencoded");
        assert!(fields.1.contains("name=a%20%26%20b") && fields.1.contains("capacity=7"));
        assert_eq!(sent(Form::Text).0, "text/plain");
        assert!(sent(Form::Parts).1.ends_with("--zq7-kestrel--\r\n"));
        assert_eq!(sent(Form::Json).0, "application/json");
    }
}

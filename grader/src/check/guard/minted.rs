//! Tokens that the grader signs in the service's place, with the secret that it gave the service: each differs from a
//! genuine one in what a check is about, and in nothing else.

use super::Attack;
use crate::check::Cx;
use crate::check::accounts::skipped;
use crate::model::{Fault, Verdict};
use crate::probe::auth::{Accounts, Forge, Jwt, Key, Session};
use crate::probe::plant::answer;

/// What signs such tokens.
#[derive(Debug, Clone)]
pub struct Mint {
    alg: String,
    key: Key,
    /// The genuine token.
    pub genuine: Jwt,
    /// The session with a token of ours, which the service has let in.
    pub honest: Session,
}

impl Mint {
    /// Begins one like the genuine token.
    pub fn forge(&self) -> Forge {
        self.genuine.forge()
    }

    /// An attempt with this token, signed as the service itself would.
    pub fn attack(&self, name: impl Into<String>, forge: &Forge) -> Option<Attack> {
        let text = forge.signed(&self.alg, &self.key)?;
        Some(Attack::new(name, self.honest.bearing(&text)))
    }
}

/// The mint for tokens like this session's, once a token of it was let in; else the verdict of a check that has no
/// other ground.
///
/// Where the service signs otherwise, or lets in the very texts alone that it gave, nothing of ours is like its own,
/// and a refusal would prove nothing.
///
/// # Errors
/// Only when a request cannot be formed.
pub async fn minted(
    cx: &Cx,
    accounts: &mut Accounts,
    session: &Session,
) -> Result<Result<Mint, Verdict>, Fault> {
    let Some(genuine) = session.jwt() else {
        return Ok(Err(skipped("the access token is no JSON Web Token")));
    };
    let Some((alg, key)) = cx.keys().signing() else {
        return Ok(Err(skipped("the pack declares no signing key")));
    };
    if !genuine.is_by(alg, key) {
        let why = "tokens are not signed with the secret that the service was given, so none can be made like them";
        return Ok(Err(skipped(why)));
    }
    let Some(text) = alike(&genuine).signed(alg, key) else {
        return Ok(Err(skipped("nobody here can sign as the service does")));
    };
    let honest = session.with_access(&text);
    let seen = accounts.whoami(&honest.bearer()).await?;
    if seen.is(&session.account) {
        let (alg, key) = (alg.to_owned(), key.clone());
        return Ok(Ok(Mint {
            alg,
            key,
            genuine,
            honest,
        }));
    }
    if seen.refused() {
        let why = "a token like the service's own, signed with the same secret, is refused";
        return Ok(Err(skipped(why)));
    }
    let said = answer(seen.exchange());
    let control = format!("whoami answered {said} to a token like the service's own");
    Ok(Err(Verdict::Inconclusive { control }))
}

/// The same token with an end one second earlier, so that it is another text.
fn alike(genuine: &Jwt) -> Forge {
    let forge = genuine.forge();
    match genuine.time("exp") {
        Some(end) => forge.claim("exp", end - 1),
        None => forge,
    }
}

//! Refreshing: its controls, and what is an orderly no.

use std::time::Duration;

use crate::model::{Exchange, Fault};
use crate::pack::RefreshPolicy;
use crate::probe::Patience;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::{NotPlanted, answer};

/// The C- of refreshing: a refresh token that nobody was given is refused. The control that did not hold, in words.
///
/// # Errors
/// Only when a request cannot be formed.
pub async fn nobody_refreshes(
    accounts: &mut Accounts,
    like: &Session,
) -> Result<Result<(), String>, Fault> {
    let Some(text) = like.refresh() else {
        return Ok(Err("the login shows no refresh token".to_owned()));
    };
    let stranger = like.with_refresh(&made_up(text));
    Ok(match accounts.refresh(&stranger).await? {
        Err(NotPlanted::Refused(_, exchange)) if turned_away(&exchange) => Ok(()),
        Err(why) => Err(format!(
            "a refresh token that nobody was given was not refused: {why}"
        )),
        Ok(_) => Err(
            "a refresh token that nobody was given gives tokens, so no attack could show anything"
                .to_owned(),
        ),
    })
}

/// The session after an honest refresh, known as the same account; the control that did not hold, in words.
///
/// # Errors
/// Only when a request cannot be formed.
pub async fn renewed(
    accounts: &mut Accounts,
    session: &Session,
) -> Result<Result<Session, String>, Fault> {
    let renewed = match accounts.refresh(session).await? {
        Ok(renewed) => renewed,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let seen = accounts.whoami(&renewed.bearer()).await?;
    let said = answer(seen.exchange());
    let unknown = || format!("whoami answered {said} to the access token that a refresh gave");
    Ok(seen
        .is(&session.account)
        .then_some(renewed)
        .ok_or_else(unknown))
}

/// The longest that is waited until a used refresh token may work no more, in seconds.
const LONGEST: u64 = 30;

/// Waits until a used refresh token may work no more. Why that is not done, in words.
///
/// # Errors
/// When the pack lets it work for longer than anybody waits.
pub async fn outlast_grace(policy: &RefreshPolicy) -> Result<(), String> {
    let grace = policy.grace_s;
    if grace > LONGEST {
        return Err(format!(
            "a used refresh token may work for {grace} s, which nobody waits for"
        ));
    }
    if grace > 0 {
        // Asking again would be one more use, so there is nothing to look at meanwhile.
        let patience = Patience::new(Duration::from_secs(grace + 2));
        while patience.lasts().await {}
    }
    Ok(())
}

/// How long the end of a family may take when it is made behind the reply.
const AFTER: Duration = Duration::from_secs(2);

/// Waits until what came of a login has ended with it: until this access token of it is refused, where the pack lets it
/// die, and in any case no longer than the pack and a job behind the reply may take.
///
/// # Errors
/// Only when a request cannot be formed.
pub async fn let_family_end(accounts: &mut Accounts, of: &Session) -> Result<(), Fault> {
    let within = accounts.auth().policy.dies_within("access");
    let patience = Patience::new(Duration::from_secs(within.unwrap_or_default()).max(AFTER));
    while !accounts.whoami(&of.bearer()).await?.refused() && patience.lasts().await {}
    Ok(())
}

/// Whether an answer is an orderly no. A limit on requests has decided nothing.
pub fn turned_away(exchange: &Exchange) -> bool {
    exchange
        .status()
        .is_some_and(|s| (400..500).contains(&s) && s != 429)
}

/// How many characters of a made-up token are others.
const OTHERS: usize = 8;

/// A token of the same shape with other characters at its end, each of the same kind: a digit stays a digit, and a
/// letter that may be a hexadecimal digit stays one.
fn made_up(text: &str) -> String {
    let next = |c: char| match c {
        '9' => '0',
        'f' => 'a',
        'F' => 'A',
        'z' => 'g',
        'Z' => 'G',
        '0'..='8' | 'a'..='y' | 'A'..='Y' => char::from_u32(u32::from(c) + 1).unwrap_or(c),
        other => other,
    };
    let from = text.chars().count().saturating_sub(OTHERS);
    let one = |(n, c)| if n < from { c } else { next(c) };
    text.chars().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_token_has_the_shape_of_the_real_one() {
        let uuid = "550e8400-e29b-41d4-a716-4466554fff99";
        assert_eq!(made_up(uuid), "550e8400-e29b-41d4-a716-4466665aaa00");
        assert_eq!(made_up("Zz-"), "Gg-");
        assert_eq!(made_up(""), "");
    }
}

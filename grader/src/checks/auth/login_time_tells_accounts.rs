use std::time::Duration;

use serde_json::Value;

use super::login_tells_accounts;
use crate::check::accounts::Seat;
use crate::check::entry::{Entry, Said};
use crate::check::{QuietCx, note};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::auth::Accounts;
use crate::probe::plant::answer;
use crate::{check, control, given, outcome};

check! {
    /// ## What it looks at
    /// Logins that must fail are sent in turn: two accounts that exist, each with a wrong password, and addresses that
    /// nobody has. What the system counts is how long the service's processes work for each of them, and not how long
    /// the answer takes: that is the same on a busy machine. The two accounts must cost alike, or nothing is said. An
    /// address without an account must cost at least 0.6 of one with; only where a login costs hardly anything there is
    /// nothing to hide.
    ///
    /// ## Why it matters
    /// A password's hash is slow on purpose. A service that works it out only where there is an account answers strangers
    /// sooner, by a tenth of a second: whoever has a clock and a list of addresses learns who is registered, however
    /// alike the two answers read.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions {"email": <of an account>, "password": <wrong>}    401   84 ms of work
    /// POST /sessions {"email": <of nobody>, "password": <wrong>}        401   83 ms of work
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions {"email": <of an account>, "password": <wrong>}    401   84 ms of work
    /// POST /sessions {"email": <of nobody>, "password": <wrong>}        401    1 ms of work
    /// ```
    ///
    /// ## How to mend it
    /// Where no account is found, verify the password that came against a hash that you made once when the service
    /// started, by the same function at the same cost, and refuse whatever comes of it.
    pub static CHECK = {
        id: "auth.login-time-tells-accounts",
        summary: "a refused login works longer where there is an account",
        concept: "enumeration",
        severity: Low,
        needs: [login_tells_accounts::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-6.3.8", "ASVS v5.0.0-11.2.4", "WSTG-IDNT-04", "CWE-208"],
        hints: [
            "What does your service do with the password it was sent when it finds no account?",
            "A refusal costs the same whatever its reason: the slow step is taken each time.",
            "Keep one hash that nobody's password gives, made at the start by your own hashing function, and verify against it where there is no account.",
        ],
        run,
    }
}

/// How many logins of each kind are counted: so many at least, and at most.
const ROUNDS: std::ops::RangeInclusive<usize> = 3..=8;
/// The system counts in steps: so much work in all is told apart from none.
const CLEAR: Duration = Duration::from_millis(120);
/// What a login costs on average that has something to hide. A password's hash costs more on any machine.
const SLOW: Duration = Duration::from_millis(5);
/// What an address without an account must cost of what one with an account does; and how much less the two accounts
/// may differ from each other.
const SHARE: f64 = 0.6;

/// What refused logins of one kind cost.
#[derive(Default)]
struct Cost {
    all: Vec<Duration>,
    last: Option<Exchange>,
}

impl Cost {
    fn sum(&self) -> Duration {
        self.all.iter().sum()
    }

    /// One of them, on average; the dearest does not count, for something else may have come between.
    fn mean(&self) -> Duration {
        let dearest = self.all.iter().max().copied().unwrap_or_default();
        let others = self.all.len().saturating_sub(1).max(1);
        (self.sum() - dearest) / u32::try_from(others).unwrap_or(u32::MAX)
    }

    /// A/A: whether two accounts cost so much alike that what differs more is not chance.
    fn is_like(&self, other: &Self) -> bool {
        let (a, b) = (self.mean(), other.mean());
        a.min(b) >= a.max(b).mul_f64((1.0 + SHARE) / 2.0)
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let known = control!(accounts.join().await?);
    let b = control!(cx.shared(&mut accounts, Seat::B).await?);
    let two = [known.account.login.clone(), b.account.login.clone()];
    // The first of its kind may load what later ones find loaded.
    for login in [two[0].clone(), control!(accounts.draw(None)).login] {
        control!(refused(&mut accounts, &login).await?);
    }
    let mut costs: [Cost; 3] = Default::default();
    let mut before = match outcome!(cx.worked().await) {
        Ok(before) => before,
        Err(story) => return Ok(lost(&story.summary)),
    };
    for round in 1..=*ROUNDS.end() {
        let nobody = control!(accounts.draw(None)).login;
        for (cost, login) in costs.iter_mut().zip([&two[0], &nobody, &two[1]]) {
            let exchange = control!(refused(&mut accounts, login).await?);
            let after = match outcome!(cx.worked().await) {
                Ok(after) => after,
                Err(story) => return Ok(lost(&story.summary)),
            };
            let Some(work) = after.checked_sub(before) else {
                return Ok(lost("a process of it ended meanwhile"));
            };
            before = after;
            cost.all.push(work);
            cost.last = Some(exchange);
        }
        // What was disturbed evens out, with more of it.
        let clear = costs[0].sum().min(costs[2].sum()) >= CLEAR && costs[0].is_like(&costs[2]);
        if round >= *ROUNDS.start() && clear {
            break;
        }
    }
    // C+: all that was refused were logins, and one with the right password is none of them.
    if !matches!(
        Entry::of(&mut accounts, &known.account).await?,
        Entry::In(_)
    ) {
        return Ok(lost("afterwards the right password does not log in"));
    }
    Ok(judge(cx, &costs))
}

fn lost(why: &str) -> Verdict {
    Verdict::Inconclusive {
        control: why.to_owned(),
    }
}

/// A login with a wrong password; why it decides nothing, where it is not simply refused.
async fn refused(
    accounts: &mut Accounts,
    login: &Value,
) -> Result<Result<Exchange, String>, Fault> {
    let wrong = accounts.password();
    let exchange = match accounts.login(login, &wrong).await? {
        Ok(exchange) => exchange,
        Err(why) => return Ok(Err(why.to_string())),
    };
    Ok(match Said::by(&exchange) {
        Said::No => Ok(exchange),
        _ => Err(format!(
            "a login with a wrong password was answered {}",
            answer(&exchange)
        )),
    })
}

fn judge(cx: &QuietCx, [one, nobody, other]: &[Cost; 3]) -> Verdict {
    let mut findings = cx.findings();
    let (a, b, without) = (one.mean(), other.mean(), nobody.mean());
    let known = (a + b) / 2;
    if known < SLOW {
        return findings.verdict();
    }
    if !one.is_like(other) {
        let (a, b) = (a.as_millis(), b.as_millis());
        return lost(&format!(
            "refused logins of two accounts cost {a} ms and {b} ms of work: too far apart to compare"
        ));
    }
    if without < known.mul_f64(SHARE) {
        let (known, without) = (known.as_millis(), without.as_millis());
        let evidence = [(one, "an account's"), (nobody, "nobody's")];
        let seen = evidence.iter().filter_map(|(cost, whose)| {
            let says = format!("a login with {whose} address, refused");
            Some(cx.seen(says, cost.last.as_ref()?))
        });
        let mut evidence = vec![note(format!(
            "work in milliseconds, in turn: {} with an account, {} without, {} with another account",
            listed(one),
            listed(nobody),
            listed(other)
        ))];
        evidence.extend(seen);
        findings.add(Draft {
            subject: "how long a refused login works".to_owned(),
            saw: "a refused login works longer where there is an account".to_owned(),
            expected: "about the same work whether or not there is an account".to_owned(),
            actual: format!("{known} ms with an account, {without} ms without"),
            note: Some(
                "With a clock and a list of addresses anybody learns who has an account here, however alike the answers are."
                    .to_owned(),
            ),
            evidence,
            ..Draft::default()
        });
    }
    findings.verdict()
}

fn listed(cost: &Cost) -> String {
    let all: Vec<String> = cost.all.iter().map(|c| c.as_millis().to_string()).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(millis: &[u64]) -> Cost {
        Cost {
            all: millis.iter().copied().map(Duration::from_millis).collect(),
            last: None,
        }
    }

    #[test]
    fn one_that_was_disturbed_does_not_count() {
        assert_eq!(cost(&[50, 90, 40]).mean(), Duration::from_millis(45));
        assert_eq!(cost(&[]).mean(), Duration::ZERO);
        assert!(cost(&[50, 90, 40]).is_like(&cost(&[40, 50, 50])));
        assert!(!cost(&[80, 90, 80]).is_like(&cost(&[40, 50, 50])));
    }
}

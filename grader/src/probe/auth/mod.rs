//! Credentials: the keys they are signed with, and how they are had, carried, spent and forged.
//!
//! Every check of the auth stage speaks these words, and none of them knows whether a credential is a JWT, an opaque
//! text or a cookie: the pack's `[auth]` says how it is had and where it travels.
//!
//! | word | what it is |
//! |---|---|
//! | [`Accounts`] | makes accounts, logs them in, asks `whoami`, refreshes, logs out, changes and resets passwords |
//! | [`Session`] | what one login gave: the account, its parts (`access`, `refresh`), its cookies, its [`Kind`] |
//! | [`Bearer`] | what a request carries to say who asks: a session's credential, any other text, nothing |
//! | [`Seen`] | whom the service takes a bearer for: accepted, refused, or neither |
//! | [`Jwt`], [`Forge`] | a token taken apart, and put together again with whatever in it |
//! | [`Key`], [`Keys`] | keys of any algorithm; those that the service was given |
//! | [`Public`] | the public half of a pair: spelled, and worked out from signatures |
//! | [`Certificate`] | what says whose a public half is, signed by nobody else |
//! | [`respell`] | other spellings of the same token |
//!
//! A check reads so (`crate::check::guard` does the controls and words the verdict):
//!
//! ```ignore
//! async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
//!     let mut accounts = given!(cx.accounts(&[]));
//!     let a = control!(cx.shared(&mut accounts, Seat::A).await?);
//!     let b = control!(cx.shared(&mut accounts, Seat::B).await?);
//!     let (Some(jwt), Some(other)) = (a.jwt(), b.jwt()) else {
//!         return Ok(skipped("the service gives no JSON Web Token"));
//!     };
//!     let forged = jwt.forge().as_whom(&other.identity(&jwt)).header("alg", "none");
//!     let attacks = vec![
//!         Attack::new("an unsigned token", a.bearing(&forged.unsigned())),
//!         Attack::new("an unsigned token without its last dot", a.bearing(&forged.undotted())),
//!     ];
//!     let words = Words {
//!         subject: "the algorithm of access tokens",
//!         expected: "a token without a signature is refused",
//!         gain: "Anybody writes a token that says whoever they like, and is let in as them.",
//!     };
//!     guard::withstands(cx, &mut accounts, &a, &[&b], attacks, &words).await
//! }
//! ```
//!
//! `accounts.join()` makes an account that is nobody else's, to be changed, logged out and deleted; each costs the
//! service two hashes of a password. Checks that only read share two for each world: `cx.shared`. What a check needs
//! of the pack it names first (`cx.accounts(&[Verb::Logout])`): where that is not declared, it is skipped.

mod accounts;
mod bearer;
mod certificate;
mod jwt;
mod key;
mod keys;
mod kind;
mod public;
mod respell;
mod seen;
mod session;

pub use accounts::Accounts;
pub use bearer::Bearer;
pub use certificate::Certificate;
pub use jwt::{Forge, Jwt};
pub use key::Key;
pub use keys::Keys;
pub use kind::Kind;
pub use public::Public;
pub use respell::respell;
pub use seen::Seen;
pub use session::Session;

//! Design choices that belong to the assignment, not to the learner.

/// Design choices that turn a would-be failure into something else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// How refreshing works.
    pub refresh: RefreshPolicy,
    /// What logging out ends.
    pub logout: LogoutPolicy,
    /// What a changed password ends.
    pub change_password: Fallout,
    /// How one-time codes for a reset behave.
    pub reset: ResetPolicy,
    /// How long a demoted or deleted user may live on, in seconds.
    pub propagation_s: u64,
}

impl Policy {
    /// How long a part of a credential (`access`, `refresh`) may live on when its session has ended, in seconds; none
    /// where it may until it expires. Said of logging out, and true of every end of a session.
    pub fn dies_within(&self, part: &str) -> Option<u64> {
        let kills = self.logout.kills.iter().any(|k| k == part);
        let within = match part {
            "access" => self.logout.within_s,
            // A token of access may live until it expires; what gives new ones may not.
            _ => Some(self.logout.within_s.unwrap_or_default()),
        };
        within.filter(|_| kills)
    }
}

/// How refreshing works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// How often a refresh token may be used.
    pub usage: RefreshUse,
    /// What happens when a used one comes again.
    pub on_reuse: OnReuse,
    /// How long a used one may still work, in seconds.
    pub grace_s: u64,
    /// Refreshing does not extend the session's end.
    pub absolute: bool,
}

/// How often a refresh token may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefreshUse {
    /// Once; each refresh gives a new one.
    Single,
    /// Until it expires.
    Many,
}

/// What happens when a used refresh token comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnReuse {
    /// It is refused, no more.
    Reject,
    /// All that came of the same login is ended.
    RevokeFamily,
}

/// What logging out ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutPolicy {
    /// The parts of the credential that die: `access`, `refresh`.
    pub kills: Vec<String>,
    /// Whose: `session` or `all-sessions`.
    pub scope: Fallout,
    /// How long they may live on, in seconds; `None`: until they expire.
    pub within_s: Option<u64>,
}

/// Which sessions something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Fallout {
    /// None of them.
    Nothing,
    /// The one that called.
    Session,
    /// All but the one that called.
    #[default]
    OtherSessions,
    /// All of them.
    AllSessions,
}

/// How one-time codes for a reset behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetPolicy {
    /// How long one lives, in seconds.
    pub ttl_s: u64,
    /// It works once.
    pub single: bool,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            usage: RefreshUse::Single,
            on_reuse: OnReuse::Reject,
            grace_s: 0,
            absolute: false,
        }
    }
}

impl Default for LogoutPolicy {
    fn default() -> Self {
        Self {
            kills: vec!["access".into()],
            scope: Fallout::Session,
            within_s: Some(0),
        }
    }
}

impl Default for ResetPolicy {
    fn default() -> Self {
        Self {
            ttl_s: 3600,
            single: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dies_with_a_session_is_what_logging_out_kills() {
        let mut policy = Policy::default();
        assert_eq!(policy.dies_within("access"), Some(0));
        assert_eq!(policy.dies_within("refresh"), None);
        policy.logout.kills.push("refresh".into());
        policy.logout.within_s = Some(5);
        assert_eq!(policy.dies_within("refresh"), Some(5));
        policy.logout.within_s = None;
        assert_eq!(policy.dies_within("access"), None);
        assert_eq!(policy.dies_within("refresh"), Some(0));
    }
}

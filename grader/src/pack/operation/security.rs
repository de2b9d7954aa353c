//! Who may call.

/// Who may call an operation, from the contract's `security`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Security {
    /// Nobody needs to say who they are.
    pub anyone: bool,
    /// The roles that may call; empty means anybody who is somebody. Any one of them is enough.
    pub roles: Vec<String>,
    /// The security schemes by which a caller says who they are.
    pub schemes: Vec<String>,
}

impl Security {
    /// Whether somebody with this role (`None`: nobody in particular) may call.
    pub fn allows(&self, role: Option<&str>) -> bool {
        match role {
            _ if self.anyone => true,
            None => false,
            Some(role) => self.roles.is_empty() || self.roles.iter().any(|r| r == role),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_enough_and_nobody_is_not() {
        let some = Security {
            roles: vec!["organiser".into()],
            ..Security::default()
        };
        assert!(
            some.allows(Some("organiser")) && !some.allows(Some("customer")) && !some.allows(None)
        );
        let anybody = Security::default();
        assert!(anybody.allows(Some("customer")) && !anybody.allows(None));
    }
}

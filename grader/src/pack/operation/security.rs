//! Who may call.

/// Who may call an operation, from the contract's `security`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Security {
    /// Nobody needs to say who they are.
    pub anyone: bool,
    /// The roles that may call. Any one of them is enough; anybody who is somebody may where neither this nor
    /// [`Security::together`] names any.
    pub roles: Vec<String>,
    /// Roles that may call only when one caller has all of a set (OpenAPI 3.1 §4.8.30: all that a requirement lists).
    pub together: Vec<Vec<String>>,
    /// The security schemes by which a caller says who they are.
    pub schemes: Vec<String>,
}

impl Security {
    /// Whether somebody with this role (`None`: nobody in particular) may call.
    pub fn allows(&self, role: Option<&str>) -> bool {
        match role {
            _ if self.anyone => true,
            None => false,
            Some(role) => self.anybody() || self.roles.iter().any(|r| r == role),
        }
    }

    /// Whether everybody who can say who they are may call, whatever their role.
    pub fn anybody(&self) -> bool {
        !self.anyone && self.roles.is_empty() && self.together.is_empty()
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
        let both = Security {
            together: vec![vec!["organiser".into(), "verified".into()]],
            ..Security::default()
        };
        assert!(!both.allows(Some("organiser")) && !both.anybody());
        let anybody = Security::default();
        assert!(anybody.allows(Some("customer")) && !anybody.allows(None));
    }
}

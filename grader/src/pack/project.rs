//! Who the project is, how its service is addressed, what opens the next tier.

use std::{collections::BTreeMap, time::Duration};

use crate::model::{CheckId, Stage};

use super::{Disclosure, Method};

/// `[project]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Its id, the folder's name: `2-catalogue`.
    pub id: String,
    /// Its title for people.
    pub title: String,
    /// Its step in the curriculum, from 1.
    pub tier: u32,
    /// The projects it builds on.
    pub after: Vec<String>,
    /// The stages in force, first to last.
    pub stages: Vec<Stage>,
    /// What opens the next tier.
    pub gate: Gate,
    /// Planned effort in hours, for progress reports.
    pub hours: Option<f64>,
    /// What a report tells a learner.
    pub shows: Disclosure,
    /// After how many attempts with the same finding the next, plainer hint is shown.
    pub next_rung_after: u32,
}

/// What opens the next tier.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The share of points that is needed, 0 to 1.
    pub share: f64,
    /// Checks that must pass whatever the share.
    pub must: Vec<CheckId>,
    /// Whether a mentor must sign off.
    pub sign_off: bool,
}

/// `[service]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// What answers with success when the service is up.
    pub ready: Ready,
    /// How long it may take until then.
    pub within: Duration,
    /// The variable that carries the port.
    pub port: String,
    /// The variable that carries the database's address.
    pub database: String,
    /// The major version of Postgres it is made for, in containers; none: the usual one.
    pub postgres: Option<u32>,
    /// Further variables of the project and their values.
    pub env: BTreeMap<String, String>,
    /// Variables without which the service must not start.
    pub required: Vec<String>,
}

/// The operation that says whether the service is up. It need not be in the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Its method.
    pub method: Method,
    /// Its path from the root of the server, as it is to be requested.
    pub path: String,
}

/// `[mentor]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentor {
    /// Questions for a talk with the learner.
    pub questions: Vec<String>,
}

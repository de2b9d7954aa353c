//! A project pack as a value: what a service must do, said once.
//!
//! A pack is a folder with `project.toml` (domain facts, stages, gate, authentication) and `openapi.yaml` (the
//! contract). [`Pack::load`] reads both, derives from the contract whatever it says already, and reports all
//! problems at once, each with its place and a cure.

mod auth;
mod before;
mod beliefs;
mod bounds;
mod contract;
mod disclosure;
mod draft;
mod entity;
mod lint;
mod lists;
mod openapi;
mod operation;
mod path;
mod place;
mod problem;
mod project;
pub(crate) mod read;
mod source;
mod theory;

use std::collections::BTreeMap;

use indexmap::IndexMap;

pub use auth::{
    Auth, AuthEnv, AuthKind, AuthOp, Carrier, CodeBy, Csrf, Errors, Fallout, LoginLimit,
    LogoutPolicy, OnReuse, Origin, Policy, RefreshPolicy, RefreshUse, ResetPolicy, Role, Signing,
    Ttl, Verb, env_account,
};
pub use before::Before;
pub use beliefs::Belief;
pub use bounds::Bounds;
pub use contract::{Broke, Contract, Home, Violation};
pub(crate) use contract::{is_json, speaks};
pub use disclosure::{Disclosure, Later, Since};
pub use draft::draft;
pub use entity::{
    Bound, Call, Entity, Fact, Find, Key, KeyPart, MadeBy, Manner, Owner, Parent, Update,
};
pub use lint::{Concept, Curriculum, Step};
pub use lists::{By, Filter, Keeps, ListRules, On, Sort};
pub use operation::{
    Listing, Method, OpId, Operation, Paging, Param, ParamPlace, Reply, RequestBody, Schema,
    Security, StatusPattern,
};
pub use path::{PathTemplate, Segment};
pub use place::{BadPlace, Pick, Place, Pointer, Spot, Token};
pub use problem::{PackProblem, PackProblems};
pub use project::{Gate, Mentor, Project, Ready, Service};
pub use source::{DORMANT, PackSource};
pub use theory::{
    CopyPolicy, CopyRule, Depends, End, EndAt, Growth, Independent, Limited, Link, Read, Storage,
    Strictness, Term,
};

use crate::model::CheckId;

/// Everything the grader knows about one project.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Who it is and where it stands in the curriculum.
    pub project: Project,
    /// How the service is addressed and when it counts as up.
    pub service: Service,
    /// What a submission may use, where the project says so.
    pub limits: Bounds,
    /// The OpenAPI contract.
    pub contract: Contract,
    /// What exists, by name, in the order of the file.
    pub entities: IndexMap<String, Entity>,
    /// What lists promise beyond their pages, by operation.
    pub lists: IndexMap<OpId, ListRules>,
    /// What joins two entities, by name.
    pub links: IndexMap<String, Link>,
    /// Dependencies beside those of keys and `unique` sets.
    pub depends: Vec<Depends>,
    /// Sets of things that have nothing to do with each other.
    pub independent: Vec<Independent>,
    /// Facts that are honest copies of others.
    pub copies: Vec<CopyRule>,
    /// How strict the project is about odd columns.
    pub storage: Storage,
    /// Reads whose cost must not grow.
    pub reads: Vec<Read>,
    /// Quantities that must never be oversold.
    pub limited: Vec<Limited>,
    /// How somebody comes to have a role, by role.
    pub roles: IndexMap<String, Role>,
    /// Authentication, when the project has any.
    pub auth: Option<Auth>,
    /// What a refusal looks like.
    pub errors: Errors,
    /// What a mentor may ask.
    pub mentor: Mentor,
    /// What a learner who fails some checks probably believes, in the order of the curriculum.
    pub beliefs: Vec<Belief>,
    /// The projects before this one, the first tier first.
    pub before: Vec<Before>,
    /// The project's own hints for a check; they replace the check's.
    pub hints: BTreeMap<CheckId, Vec<String>>,
    /// Points that differ from what a check's severity gives.
    pub points: BTreeMap<CheckId, u32>,
    /// SHA-256 over the pack's relative file names and their contents, and what the projects before it ask for, in hex.
    pub digest: String,
}

impl Pack {
    /// The entity with this name.
    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.get(name)
    }

    /// A fact of an entity or a link.
    pub fn fact(&self, of: &str, name: &str) -> Option<&Fact> {
        let entity = self.entity(of).map(|e| &e.facts);
        let facts = entity.or_else(|| self.links.get(of).map(|l| &l.facts));
        facts.and_then(|f| f.get(name))
    }

    /// The operation with this id (or `METHOD /path`).
    pub fn op(&self, id: &OpId) -> Option<&Operation> {
        self.contract.op(id.as_str())
    }

    /// The variables without which the service must not start: those the project says, and the keys that
    /// credentials are signed with.
    pub fn required_variables(&self) -> Vec<String> {
        let mut names = self.service.required.clone();
        match self.auth.as_ref().and_then(|a| a.env.signing.as_ref()) {
            Some(Signing::Shared { secret, .. }) => names.push(secret.clone()),
            Some(Signing::Pair {
                private, public, ..
            }) => names.extend([private.clone(), public.clone()]),
            None => {}
        }
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }

    /// The declared operation for this part of authentication.
    pub fn auth_op(&self, verb: Verb) -> Option<&AuthOp> {
        self.auth.as_ref()?.ops.get(&verb)
    }
}

//! Reads a pack: `project.toml` against its contract, every problem said at once.

mod access;
mod auth;
mod authenv;
mod authops;
mod bind;
mod calls;
mod disclosure;
mod entities;
mod facts;
mod ground;
mod keys;
mod limits;
mod links;
mod lists;
pub(crate) mod log;
mod made;
mod paging;
mod parents;
mod policy;
mod project;
mod service;
mod stages;
pub(crate) mod tab;
mod theory;

use indexmap::IndexMap;
use toml::de::DeTable;

use self::{
    log::{Log, Spot},
    tab::{At, Item, Tab},
};
use super::{
    Contract, Entity, OpId, Operation, Pack, PackProblems, PackSource, Place, openapi,
    openapi::yaml::Document,
};
use crate::model::CheckIndex;
use crate::pack::{Before, Belief};

/// The file beside the contract.
pub(super) const PROJECT: &str = "project.toml";

/// What every part of the reader needs.
struct Reader<'a> {
    contract: &'a Contract,
    doc: &'a Document,
    log: &'a Log,
    checks: Option<&'a CheckIndex>,
}

impl Pack {
    /// Reads a pack. `checks` are the checks a pack may name; without them their names are not judged.
    ///
    /// # Errors
    /// [`PackProblems`]: everything that is wrong, with places and cures.
    pub fn load(source: &PackSource, checks: Option<&CheckIndex>) -> Result<Self, PackProblems> {
        let log = Log::default();
        match load(source, checks, &log) {
            Some(pack) if log.is_clean() => Ok(pack),
            _ => Err(log.into_problems(source.name())),
        }
    }
}

fn load(source: &PackSource, checks: Option<&CheckIndex>, log: &Log) -> Option<Pack> {
    let text = text(source, log);
    let contract = openapi::read(source, log);
    let text = text?;
    let (table, errors) = DeTable::parse_recoverable(&text);
    for e in &errors {
        let spot = Spot::new(PROJECT, e.span().unwrap_or(0..0));
        log.say(
            &spot,
            format!("this is not TOML: {}", e.message()),
            "mend the line",
        );
    }
    if !errors.is_empty() {
        return None;
    }
    let mut root = Tab::root(PROJECT, table.get_ref(), log);
    // What needs no contract is read even when the contract is broken.
    let project = project::project(&mut root, source.folder_name().as_deref(), checks, log);
    let service = service::service(&mut root, log);
    let limits = limits::limits(&mut root, log);
    let (mut contract, doc) = contract?;
    paging::overrides(&mut root, &mut contract, log);
    let reader = Reader {
        contract: &contract,
        doc: &doc,
        log,
        checks,
    };
    let entities = entities::read(&reader, &mut root);
    let lists = lists::read(&reader, &mut root, &entities);
    let links = links::read(&reader, &mut root, &entities);
    let theory = theory::read(&reader, &mut root, &entities, &links);
    let roles = access::roles(&reader, &mut root);
    let given = service.as_ref().map(|s| s.env.clone()).unwrap_or_default();
    let auth = auth::read(&reader, &mut root, &roles, &given);
    let errors = project::errors(&mut root);
    let mentor = project::mentor(&mut root);
    let hints = stages::hints(&reader, &mut root);
    let points = stages::points(&reader, &mut root);
    root.done();
    let digest = match source.digest() {
        Ok(digest) => digest,
        Err(fault) => {
            log.say(
                &Spot::new(PROJECT, 0..0),
                fault.to_string(),
                "make the pack's files readable",
            );
            return None;
        }
    };
    let project = project?;
    let before = Before::beside(source, &project.after, project::SHARE);
    Some(Pack {
        digest: Before::digest(digest, &before),
        before,
        project,
        service: service?,
        limits,
        contract,
        entities,
        lists,
        links,
        depends: theory.depends,
        independent: theory.independent,
        copies: theory.copies,
        storage: theory.storage,
        reads: theory.reads,
        limited: theory.limited,
        roles,
        auth,
        errors,
        mentor,
        beliefs: Belief::beside(source),
        hints,
        points,
    })
}

fn text(source: &PackSource, log: &Log) -> Option<String> {
    let spot = Spot::new(PROJECT, 0..0);
    match source.read(PROJECT) {
        Ok(Some(bytes)) => match String::from_utf8(bytes) {
            Ok(text) => {
                log.file(PROJECT, &text);
                Some(text)
            }
            Err(_) => {
                log.say(&spot, "the file is not UTF-8 text", "save it as UTF-8");
                None
            }
        },
        Ok(None) => {
            log.say(
                &spot,
                format!("there is no {PROJECT} in {}", source.name()),
                "name a pack's folder, or draft one with `grader pack new NAME --openapi FILE`",
            );
            None
        }
        Err(fault) => {
            log.say(&spot, fault.to_string(), "make the file readable");
            None
        }
    }
}

impl<'a> Reader<'a> {
    /// The operation a text names.
    fn op(&self, name: &At<String>) -> Option<&'a Operation> {
        let found = self.contract.op(&name.value);
        if found.is_none() {
            let what = format!("the contract has no operation `{}`", name.value);
            self.log.unknown(
                &name.spot,
                what,
                &name.value,
                self.contract.ids().map(OpId::as_str),
            );
        }
        found
    }

    fn op_of(&self, item: &Item<'_>) -> Option<&'a Operation> {
        self.op(&item.text()?)
    }

    fn place(&self, text: &At<String>) -> Option<Place> {
        Place::parse(&text.value)
            .map_err(|bad| self.log.say(&text.spot, bad.what, bad.cure))
            .ok()
    }

    fn place_of(&self, item: &Item<'_>) -> Option<Place> {
        self.place(&item.text()?)
    }

    /// Says when a name is not that of an entity.
    fn entity<'e>(
        &self,
        name: &At<String>,
        entities: &'e IndexMap<String, Entity>,
    ) -> Option<&'e Entity> {
        let found = entities.get(&name.value);
        if found.is_none() {
            let what = format!("there is no entity `{}`", name.value);
            self.log.unknown(
                &name.spot,
                what,
                &name.value,
                entities.keys().map(String::as_str),
            );
        }
        found
    }
}

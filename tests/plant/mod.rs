//! The planter against services of every manner that a contract allows, and some that none does.

mod accounts;
mod actors;
mod contracts;
mod door;
pub(crate) mod http;
mod judged;
mod keys;
mod knobs;
mod listing;
mod lists;
mod parts;
mod store;
mod without;

use std::sync::Arc;

use grader::model::Exchange;
use grader::pack::{Operation, Pack, PackSource};
use grader::probe::plant::{Planted, Planter, Sight, Step};
use grader::probe::{Http, Journal};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use knobs::Knobs;

/// The checks that are proven here (in `judged`) and by no flaw of a project.
pub(crate) const PROVEN: [&str; 1] = ["endpoints.sort-wrong"];

/// A planter for a pack, and a store to plant in.
struct World {
    planter: Planter,
    journal: Journal,
}

async fn world(pack: Pack, knobs: Knobs) -> World {
    let journal = Journal::default();
    let http = Http::new(&store::store(knobs).await, journal.clone()).unwrap();
    let planter = Planter::new(http, Arc::new(pack), ChaCha8Rng::seed_from_u64(7));
    World { planter, journal }
}

/// A pack of one test: entities, and the paths and components of its contract.
fn pack(entities: &str, paths: &str) -> Pack {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("t");
    std::fs::create_dir(&own).unwrap();
    let project = "[project]\nid = \"t\"\ntitle = \"t\"\ntier = 1\nstages = [\"boot\"]\n\n[service]\nready = \"GET /healthz\"\n";
    let contract = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n";
    std::fs::write(own.join("project.toml"), format!("{project}{entities}")).unwrap();
    std::fs::write(own.join("openapi.yaml"), format!("{contract}{paths}")).unwrap();
    Pack::load(&PackSource::folder(own), None).unwrap_or_else(|problems| panic!("{problems}"))
}

impl World {
    /// One thing of this entity, which must come about.
    async fn plant(&mut self, entity: &str) -> Planted {
        let planted = self.planter.plant(entity).await.unwrap();
        planted.unwrap_or_else(|why| panic!("{entity}: {why}\n{}", self.story()))
    }

    /// Why there is none of this entity.
    async fn refused(&mut self, entity: &str) -> String {
        let planted = self.planter.plant(entity).await.unwrap();
        planted.map(|p| p.entity).unwrap_err().to_string()
    }

    /// `Create createBox 201` for each step of a tour.
    async fn tour(&mut self) -> Vec<String> {
        let steps = self.planter.tour().await.unwrap();
        steps.iter().map(told).collect()
    }

    /// Everything that can be done with a planted thing gives what the contract says, and shows what was sent.
    async fn holds_well(&mut self, of: &Planted) {
        let pack = self.planter.pack();
        let entity = pack.entity(&of.entity).unwrap();
        self.shows(of, Sight::Created, of.created.json().as_ref());
        if let Some(read) = self.planter.read(of).await.unwrap() {
            assert_eq!(read.status(), Some(200), "{}", self.story());
            self.shows(of, Sight::Read, read.json().as_ref());
        }
        if let Some((walk, found)) = self.planter.look_for(of).await.unwrap() {
            assert!(walk.complete);
            assert!(found.is_some(), "{}", self.story());
            self.shows(of, Sight::Listed, found.as_ref());
        }
        if let Some(changed) = self.planter.change(of).await.unwrap() {
            let update = entity.update.as_ref().and_then(|u| pack.op(&u.call.op));
            let status = changed.exchange.status().unwrap();
            assert!(update.unwrap().succeeds(status), "{}", self.story());
            assert_ne!(of.facts[&changed.fact], changed.value);
            let mut now = of.clone();
            now.facts.insert(changed.fact, changed.value);
            if let Some(read) = self.planter.read(&now).await.unwrap() {
                self.shows(&now, Sight::Read, read.json().as_ref());
            }
        }
        if let Some(removed) = self.planter.delete(of).await.unwrap() {
            assert_eq!(removed.status(), Some(204), "{}", self.story());
            if entity.read.is_some() {
                let read = self.planter.read(of).await.unwrap().unwrap();
                assert_eq!(read.status(), Some(404), "{}", self.story());
            }
            if let Some((walk, found)) = self.planter.look_for(of).await.unwrap() {
                assert!(walk.complete && found.is_none());
            }
        }
    }

    fn shows(&self, of: &Planted, sight: Sight, body: Option<&serde_json::Value>) {
        let Some(body) = body else { return };
        for shown in self.planter.shown(of, body, sight) {
            assert!(shown.same, "{sight:?} {shown:?}\n{}", self.story());
        }
    }

    /// No request was sent that the contract does not allow.
    fn was_honest(&self) {
        let pack = self.planter.pack();
        for exchange in self.journal.all() {
            let op = pack
                .contract
                .operations
                .iter()
                .find(|op| is_of(op, &exchange));
            let op = op.unwrap_or_else(|| panic!("{} is in no contract", exchange.line()));
            let body = exchange.sent.body.as_ref().map(|b| b.text.as_str());
            assert_eq!(op.body.is_some(), body.is_some(), "{}", op.id);
            if let Some(body) = body {
                let body = serde_json::from_str(body).unwrap();
                assert_eq!(
                    pack.contract.validate_body(op, &body),
                    [],
                    "{} {body}",
                    op.id
                );
            }
            for param in op.params.iter().filter(|p| p.required) {
                let path = op.path.params().contains(&param.name.as_str());
                let query = exchange.sent.path.contains(&format!("{}=", param.name));
                let mut headers = exchange.sent.headers.iter();
                let header = headers.any(|(n, _)| n.eq_ignore_ascii_case(&param.name));
                assert!(path || query || header, "{} lacks {}", op.id, param.name);
            }
        }
    }

    /// What was asked and answered, for a test that failed.
    fn story(&self) -> String {
        let line = |e: &Exchange| {
            let sent = e.sent.body.as_ref().map_or("", |b| &b.text);
            format!("{} {sent}\n  {:?}\n", e.line(), e.outcome)
        };
        self.journal.all().iter().map(line).collect()
    }
}

/// Whether an exchange is one of this operation.
fn is_of(op: &Operation, exchange: &Exchange) -> bool {
    let path = exchange.sent.path.split('?').next().unwrap_or_default();
    let Some(path) = path.strip_prefix(op.path.base.as_str()) else {
        return false;
    };
    let there = grader::pack::PathTemplate::parse("", path);
    let fits = |(a, b): (&grader::pack::Segment, &grader::pack::Segment)| match a {
        grader::pack::Segment::Text(_) => a == b,
        _ => true,
    };
    let all = op.path.segments.iter().zip(&there.segments);
    op.method.as_str() == exchange.sent.method
        && op.path.segments.len() == there.segments.len()
        && all.into_iter().all(fits)
}

fn told(step: &Step) -> String {
    let status = step.exchange.status();
    let status = status.map_or("nothing".to_owned(), |s| s.to_string());
    format!("{:?} {} {status}", step.deed, step.op)
}

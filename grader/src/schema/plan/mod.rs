//! What to plant so that nothing holds among the facts but what is declared.
//!
//! For each largest set that decides nothing more ([`Theory::largest`](super::theory::Theory::largest)) there is a
//! twin: a thing that agrees with the first of its kind on that set and on nothing else, with twins of what it
//! refers to where those must differ. What the plan shows is looked up afterwards in the facts themselves, and
//! calls that show nothing new are dropped.

mod calls;
mod certificate;
mod prune;
mod twins;
mod values;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::domain::{Domain, Maker, View};
use super::facts::{Facts, Thing};
use crate::pack::Pack;

pub use calls::Call;
pub use certificate::{Certificate, Refuted, Size, Unrefuted};
use twins::Twins;
use values::Bank;

/// How often a set that is not shown is tried again with other values.
const TRIES: usize = 3;

/// The calls to make, and what they prove.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The seed its values were drawn with.
    pub seed: u64,
    /// The calls, in order.
    pub calls: Vec<Call>,
    /// The facts as they are after the last call. Things have no keys yet: the service gives them.
    pub facts: Facts,
    /// The proof.
    pub certificate: Certificate,
}

/// By digest of the pack and seed.
type Plans = HashMap<(String, u64), Arc<Plan>>;

impl Plan {
    /// The plan for a pack, by seed; computed once for each of its digests.
    pub fn of(pack: &Pack, seed: u64) -> Arc<Self> {
        static KNOWN: Mutex<Option<Plans>> = Mutex::new(None);
        let key = (pack.digest.clone(), seed);
        let lock = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = lock().as_ref().and_then(|known| known.get(&key)) {
            return Arc::clone(plan);
        }
        let plan = Arc::new(Self::make(pack, &Domain::of(pack), seed));
        let mut known = lock();
        let known = known.get_or_insert_default();
        Arc::clone(known.entry(key).or_insert(plan))
    }

    fn make(pack: &Pack, domain: &Domain, seed: u64) -> Self {
        let bank = Bank::new(pack, domain, ChaCha8Rng::seed_from_u64(seed));
        let mut twins = Twins::new(domain, bank);
        let can = |k: &usize| domain.kinds[*k].maker != Maker::Nobody;
        let order: Vec<usize> = domain.order().into_iter().filter(can).collect();
        for kind in order {
            for agree in twins.views[kind].theory.largest() {
                twins.twin(kind, agree, 0);
            }
        }
        twins.complete();
        // A value may have been one of few and the same by accident: once more, with others.
        for turn in 1..=TRIES {
            let missing = Certificate::of(&twins.views, &twins.facts).missing;
            let missing: Vec<_> = missing
                .into_iter()
                .filter(|m| domain.kinds[m.kind].maker != Maker::Nobody)
                .collect();
            if missing.is_empty() {
                break;
            }
            for Unrefuted { kind, agree } in missing {
                twins.twin(kind, agree, turn);
            }
            twins.complete();
        }
        let facts = prune::prune(domain, &twins.views, &twins.facts);
        let calls = calls::calls(domain, &facts);
        Self::played(domain, &twins.views, seed, calls, facts)
    }

    /// What the calls make of the facts, which is what the certificate is about: never what was only wanted.
    fn played(domain: &Domain, views: &[View], seed: u64, calls: Vec<Call>, wanted: Facts) -> Self {
        let mut facts = wanted;
        let mut made = vec![false; facts.things.len()];
        for call in &calls {
            match call {
                Call::Make {
                    thing,
                    parts,
                    first,
                } => {
                    for (thing, fact, value) in first {
                        facts.things[*thing].facts[*fact] = Some(value.clone());
                    }
                    for member in std::iter::once(thing).chain(parts) {
                        made[*member] = true;
                        facts.take_snapshots(domain, *member);
                    }
                }
                Call::Change { thing, fact, to } => facts.things[*thing].change(*fact, to.clone()),
            }
        }
        debug_assert!(made.iter().all(|m| *m), "something is never made");
        let certificate = Certificate::of(views, &facts);
        Self {
            seed,
            calls,
            facts,
            certificate,
        }
    }

    /// How much it asks for.
    pub fn size(&self) -> Size {
        Size {
            calls: self.calls.len(),
            things: self.facts.things.len(),
            shown: self.certificate.shown.len(),
        }
    }

    /// The things of a kind.
    pub fn things(&self, kind: usize) -> impl Iterator<Item = &Thing> {
        self.facts.things.iter().filter(move |t| t.kind == kind)
    }
}

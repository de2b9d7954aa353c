//! Facts kept twice: second, third and Boyce-Codd normal form.

use std::collections::{BTreeMap, HashMap};

use super::{Copied, Desk, Flaw, Form, Honest, Judgement, Proposal, Why, words};
use crate::pack::Strictness;
use crate::schema::domain::{View, What};
use crate::schema::label::Label;
use crate::schema::theory::Set;

impl Desk<'_> {
    /// Every column that holds what a column that is no key decides.
    pub(super) fn copies(&self, judgement: &mut Judgement) {
        let Some(view) = self.labels.view(self.labelled) else {
            return;
        };
        let held = self.labelled.attributes();
        let violations = view.theory.violations(held);
        let mut by: BTreeMap<(Set, Form), Vec<&Label>> = BTreeMap::new();
        let mut seen = Set::EMPTY;
        let keys = view.theory.keys(held);
        for label in &self.labelled.labels {
            let attribute = label.attribute;
            if seen.has(attribute) {
                continue;
            }
            seen = seen.with(attribute);
            let lefts: Vec<Set> = violations
                .iter()
                .filter(|f| f.to.has(attribute))
                .map(|f| f.from)
                .collect();
            if lefts.is_empty() {
                continue;
            }
            // A key is no copy of what is another name for the same thing.
            let another = |l: &Set| {
                self.is_key(view, attribute) && view.theory.implies(Set::one(attribute), *l)
            };
            let lefts = lefts.into_iter().filter(|l| !another(l));
            let left = lefts.min_by_key(|l| self.nearness(view, held, *l));
            let excuse = match left {
                Some(_) => self.excuse(label, &view.attrs[attribute]),
                None => Some(Why::OtherKey),
            };
            let Some(left) = left.filter(|_| excuse.is_none()) else {
                judgement.honest.extend(excuse.map(|why| Honest {
                    table: self.of.table.to_string(),
                    columns: vec![label.name.clone()],
                    why,
                }));
                continue;
            };
            let prime = keys.iter().any(|k| k.has(attribute));
            let form = if prime {
                Form::BoyceCodd
            } else if keys.iter().any(|k| left.strictly_within(*k)) {
                Form::Partial
            } else {
                Form::Transitive
            };
            by.entry((left, form)).or_default().push(label);
        }
        for ((left, form), labels) in by {
            match self.copy(view, left, form, &labels) {
                Some(flaw) => judgement.flaws.push(flaw),
                None => judgement.unsure.push(format!(
                    "no two rows of `{}` show whether {} is kept twice",
                    self.of.table,
                    words::code(&names(&labels))
                )),
            }
        }
    }

    /// Which determinant is meant: the one that decides least, a key of a thing rather than its facts.
    fn nearness(&self, view: &View, held: Set, left: Set) -> (usize, usize, usize, Set) {
        let decides = (view.theory.closure(left) & held).len();
        let plain = left.iter().filter(|a| !self.is_key(view, *a)).count();
        (decides, plain, left.len(), left)
    }

    /// Whether an attribute is a key of a thing, shown or hidden, and no fact.
    fn is_key(&self, view: &View, attribute: usize) -> bool {
        let attr = &view.attrs[attribute];
        attr.spot.what == What::Itself || self.is_hidden(attr)
    }

    fn copy(&self, view: &View, left: Set, form: Form, labels: &[&Label]) -> Option<Flaw> {
        let lefts: Vec<&Label> = left
            .iter()
            .filter_map(|a| self.labelled.column(a))
            .collect();
        let value = |l: &&Label, row: usize| l.cells[row].clone();
        let mut groups: HashMap<Vec<String>, Vec<usize>> = HashMap::new();
        let ours = (0..self.labelled.rows.len()).filter(|r| !self.labelled.rows[*r].is_empty());
        for row in ours {
            let key: Option<Vec<String>> = lefts.iter().map(|l| value(l, row)).collect();
            if let Some(key) = key.filter(|_| labels.iter().any(|l| l.cells[row].is_some())) {
                groups.entry(key).or_default().push(row);
            }
        }
        let copies = groups.values().map(|rows| rows.len() - 1).sum();
        let mut repeated: Vec<&Vec<usize>> = groups.values().filter(|g| g.len() > 1).collect();
        repeated.sort();
        let alike = |a: usize, b: usize| labels.iter().all(|l| l.cells[a] == l.cells[b]);
        let odd = |g: &&Vec<usize>| {
            g[1..]
                .iter()
                .find(|r| !alike(g[0], **r))
                .map(|r| (g[0], *r))
        };
        let broken = repeated.iter().find_map(odd);
        let rows = broken.or_else(|| repeated.first().map(|g| (g[0], g[1])))?;
        let first: Vec<usize> = lefts.iter().chain(labels).map(|l| l.column).collect();
        let table = self.of.table.to_string();
        let by = names(&lefts);
        let facts = labels.iter().filter_map(|l| {
            let attr = &view.attrs[l.attribute];
            match attr.spot.what {
                What::Fact(fact) if !self.is_hidden(attr) => Some(Copied {
                    root: view.roots[attr.root],
                    path: attr.spot.path.clone(),
                    kind: attr.kind,
                    fact,
                }),
                _ => None,
            }
        });
        Some(Flaw {
            form,
            weight: Strictness::Fail,
            about: self.about(view, labels),
            facts: facts.collect(),
            says: self.says(view, &lefts, labels),
            columns: names(labels),
            by,
            witness: self.witness(&dedup(first), &[rows.0, rows.1]),
            copies,
            differ: broken.is_some(),
            cure: self.cure(view, left, labels),
            table,
        })
    }

    /// `venue.city with every event`.
    fn about(&self, view: &View, labels: &[&Label]) -> String {
        let what: Vec<String> = labels.iter().map(|l| self.called(view, l)).collect();
        let root = view
            .roots
            .first()
            .map(|k| &self.labels.domain.kinds[*k].name);
        format!(
            "{} with every {}",
            words::list(&what),
            root.map_or("", |r| r)
        )
    }

    /// What a column holds, in the domain's words.
    fn called(&self, view: &View, label: &Label) -> String {
        let attr = &view.attrs[label.attribute];
        let name = view.name(&self.labels.domain, label.attribute);
        match attr.spot.what {
            _ if self.is_hidden(attr) => name
                .split('.')
                .next()
                .map(|n| format!("the {n}"))
                .unwrap_or(name),
            What::Itself => format!("the {name}"),
            What::Fact(_) => name,
        }
    }

    /// `venue.city depends on the venue, and `venue_id` is no key of `public.events``.
    fn says(&self, view: &View, lefts: &[&Label], labels: &[&Label]) -> String {
        let name = |l: &&Label| self.called(view, l);
        let what: Vec<String> = labels.iter().map(name).collect();
        let by: Vec<String> = lefts.iter().map(name).collect();
        let (verb, be) = (
            if what.len() > 1 { "depend" } else { "depends" },
            if by.len() > 1 { "are" } else { "is" },
        );
        format!(
            "{} {verb} on {}, and {} {be} no key of `{}`",
            words::list(&what),
            words::list(&by),
            words::code(&names(lefts)),
            self.of.table
        )
    }

    /// The table without the copies, and one for them: a table that holds them already, where there is one.
    fn cure(&self, view: &View, left: Set, labels: &[&Label]) -> Vec<Proposal> {
        let moved: Set = labels.iter().map(|l| l.attribute).collect();
        let named = |set: Set| {
            set.iter()
                .map(|a| view.name(&self.labels.domain, a))
                .collect::<Vec<_>>()
        };
        let stays = Proposal {
            exists: Some(self.of.table.to_string()),
            facts: named(self.labelled.attributes() - moved),
        };
        let theirs = Proposal {
            exists: self.home(view, left | moved),
            facts: named(left | moved),
        };
        vec![stays, theirs]
    }

    /// Another table that keeps all of these facts.
    fn home(&self, view: &View, wanted: Set) -> Option<String> {
        let ends = |view: &View, set: Set| -> Vec<(usize, What)> {
            let end = |a: usize| (view.attrs[a].kind, view.attrs[a].spot.what);
            let mut all: Vec<_> = set.iter().map(end).collect();
            all.sort();
            all
        };
        let wanted = ends(view, wanted);
        let others = self
            .labels
            .tables
            .iter()
            .filter(|t| t.table != self.labelled.table);
        let mut others = others.filter(|t| self.stored[t.table].read);
        let holds = |t: &&crate::schema::label::Labelled| {
            let Some(view) = self.labels.view(t) else {
                return false;
            };
            let have = ends(view, t.attributes());
            wanted.iter().all(|w| have.contains(w))
        };
        let found = others.find(holds)?;
        Some(self.stored[found.table].table.to_string())
    }
}

fn names(labels: &[&Label]) -> Vec<String> {
    labels.iter().map(|l| l.name.clone()).collect()
}

fn dedup(columns: Vec<usize>) -> Vec<usize> {
    let mut once = Vec::new();
    for column in columns {
        if !once.contains(&column) {
            once.push(column);
        }
    }
    once
}

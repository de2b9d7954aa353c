//! Everything that can be said from a thing: its own facts, and those of what it refers to.

use std::collections::HashMap;

use super::{Apart, Domain, Member, Spot, What};
use crate::schema::theory::{Fd, MOST, Mvd, Set, Theory};

/// Steps along references that are followed.
const MOST_STEPS: usize = 6;

/// All attributes seen from the things of one kind (or from pairs of two kinds that share something), and what
/// holds among them.
#[derive(Debug, Clone)]
pub struct View {
    /// The kinds it is seen from: one; two for sets that share what has them.
    pub roots: Vec<usize>,
    /// For two roots the number of each one's reference to what they share.
    pub shared: Option<(usize, usize)>,
    /// The attributes.
    pub attrs: Vec<Attr>,
    /// What decides what among them.
    pub theory: Theory,
    numbers: HashMap<(usize, Spot), usize>,
}

/// One attribute of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attr {
    /// Which root it is seen from.
    pub root: usize,
    /// The way, and what stands at its end.
    pub spot: Spot,
    /// The kind at the end of the way.
    pub kind: usize,
    /// Whether a column can hold it: the key of a thing that has none of its own is only its facts.
    pub visible: bool,
}

impl View {
    /// What is seen from a thing of this kind.
    pub fn of(domain: &Domain, kind: usize) -> Self {
        let mut view = Self::empty(vec![kind]);
        view.root(domain, 0, None);
        view.theory.size = view.attrs.len();
        view
    }

    /// What is seen from two things of independent sets that share what has them.
    pub fn joined(domain: &Domain, apart: &Apart, first: usize, second: usize) -> Self {
        let (a, b) = (apart.sets[first], apart.sets[second]);
        let mut view = Self::empty(vec![a.0, b.0]);
        view.shared = Some((a.1, b.1));
        view.root(domain, 0, None);
        let before = view.attrs.len();
        view.root(domain, 1, Some((b.1, a.1)));
        view.theory.size = view.attrs.len();
        let from = view.number(0, &[a.1], What::Itself).map(Set::one);
        let to = (before..view.attrs.len()).collect();
        let mvd = from.map(|from| Mvd { from, to });
        view.theory.mvds.extend(mvd);
        view
    }

    fn empty(roots: Vec<usize>) -> Self {
        Self {
            roots,
            shared: None,
            attrs: Vec::new(),
            theory: Theory::default(),
            numbers: HashMap::new(),
        }
    }

    /// The number of an attribute.
    pub fn number(&self, root: usize, path: &[usize], what: What) -> Option<usize> {
        let path = path.to_vec();
        self.numbers.get(&(root, Spot { path, what })).copied()
    }

    /// Adds all that is seen from a root. `onto`: the reference of this root that leads to what reference of the
    /// first root leads to; its attributes are there already.
    fn root(&mut self, domain: &Domain, root: usize, onto: Option<(usize, usize)>) {
        let mut open = vec![(self.roots[root], Vec::new())];
        let mut paths = Vec::new();
        let mut at = 0;
        while let Some((kind, path)) = open.get(at).cloned() {
            at += 1;
            let facts = domain.kinds[kind].facts.len();
            let whats = std::iter::once(What::Itself).chain((0..facts).map(What::Fact));
            for what in whats {
                self.add(domain, root, kind, &path, what, onto);
            }
            for (n, reference) in domain.kinds[kind].refs.iter().enumerate() {
                let twice = (1..=path.len())
                    .filter(|n| domain.end(self.roots[root], &path[..*n]) == reference.kind)
                    .count();
                if path.len() < MOST_STEPS && twice < 2 {
                    let mut further = path.clone();
                    further.push(n);
                    open.push((reference.kind, further));
                }
            }
            paths.push((kind, path));
        }
        for (kind, path) in paths {
            self.rules(domain, root, kind, &path);
        }
    }

    fn add(
        &mut self,
        domain: &Domain,
        root: usize,
        kind: usize,
        path: &[usize],
        what: What,
        onto: Option<(usize, usize)>,
    ) {
        let spot = Spot {
            path: path.to_vec(),
            what,
        };
        if let Some((mine, first)) = onto
            && path.first() == Some(&mine)
        {
            let mut there = vec![first];
            there.extend(&path[1..]);
            if let Some(number) = self.number(0, &there, what) {
                self.numbers.insert((root, spot), number);
                return;
            }
        }
        if self.attrs.len() < MOST {
            self.numbers.insert((root, spot.clone()), self.attrs.len());
            let visible = what != What::Itself || domain.kinds[kind].keyed;
            self.attrs.push(Attr {
                root,
                spot,
                kind,
                visible,
            });
        }
    }

    /// What holds about the thing at the end of a way: it decides its facts and references; its keys decide it.
    fn rules(&mut self, domain: &Domain, root: usize, kind: usize, path: &[usize]) {
        let Some(own) = self.number(root, path, What::Itself) else {
            return;
        };
        let kind = &domain.kinds[kind];
        let along = |n: usize| [path, &[n]].concat();
        let refs = (0..kind.refs.len()).filter_map(|n| self.number(root, &along(n), What::Itself));
        let facts = (0..kind.facts.len()).filter_map(|n| self.number(root, path, What::Fact(n)));
        let mut fds = vec![Fd {
            from: Set::one(own),
            to: refs.chain(facts).collect(),
        }];
        for key in &kind.keys {
            let member = |m: &Member| match m {
                Member::Fact(n) => self.number(root, path, What::Fact(*n)),
                Member::Ref(n) => self.number(root, &along(*n), What::Itself),
            };
            let from: Option<Set> = key.iter().map(member).collect();
            fds.extend(from.map(|from| Fd {
                from,
                to: Set::one(own),
            }));
        }
        for (on, what) in &kind.depends {
            let numbers = |spots: &[Spot]| -> Option<Set> {
                let number = |s: &Spot| self.number(root, &[path, &s.path].concat(), s.what);
                spots.iter().map(number).collect()
            };
            if let (Some(from), Some(to)) = (numbers(on), numbers(what)) {
                fds.push(Fd { from, to });
            }
        }
        self.theory.fds.extend(fds);
    }

    /// The attribute in words: `venue.city`, `event.venue`, `home.name`.
    pub fn name(&self, domain: &Domain, attribute: usize) -> String {
        let Some(attr) = self.attrs.get(attribute) else {
            return String::new();
        };
        let root = self.roots[attr.root];
        let mut kind = root;
        let mut words = Vec::new();
        for step in &attr.spot.path {
            let reference = &domain.kinds[kind].refs[*step];
            words.push(reference.role.clone());
            kind = reference.kind;
        }
        // The last role says which thing it is; for a thing's own facts the kind does.
        let of = words
            .pop()
            .unwrap_or_else(|| domain.kinds[kind].name.clone());
        match attr.spot.what {
            What::Itself => of,
            What::Fact(n) => format!("{of}.{}", domain.kinds[kind].facts[n].name),
        }
    }
}

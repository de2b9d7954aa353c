//! What one table is about, and what each of its columns holds.

use std::collections::HashMap;

use super::cells::Column;
use super::fit::{Fit, Seen, ones};
use super::known::{Known, Sign};
use super::labelled::{Label, Labelled};
use super::spell::Spelling;
use crate::schema::domain::What;
use crate::schema::theory::Set;

type Signs = Vec<Option<Vec<Sign>>>;

/// Labels a table; several results where it holds several kinds of things.
pub(super) fn label(
    views: &[Seen],
    known: &Known,
    number: usize,
    columns: &[Column],
) -> Vec<Labelled> {
    let signs: Vec<Signs> = columns.iter().map(|c| signs(known, c)).collect();
    let rows = columns.first().map_or(0, |c| c.cells.len());
    let telling = |cell: &Option<Vec<Sign>>| {
        let all = cell.iter().flatten();
        all.copied().any(|s| known.is_telling(s))
    };
    let ours: Vec<bool> = (0..rows)
        .map(|r| signs.iter().any(|c| telling(&c[r])))
        .collect();
    // A table of small numbers alone tells no row of ours from another's: then all must fit.
    let mine = if ours.contains(&true) {
        ours
    } else {
        vec![true; rows]
    };
    let desk = Desk {
        views,
        known,
        number,
        columns,
        signs: &signs,
    };
    let whole = desk.one(&mine);
    if whole.unclear.is_empty() {
        return vec![whole];
    }
    let parts = desk.parts(&mine);
    let clear = |all: &[Labelled]| all.iter().map(|l| l.labels.len()).sum::<usize>();
    if parts.len() > 1 && clear(&parts) > whole.labels.len() {
        return parts;
    }
    vec![whole]
}

fn signs(known: &Known, column: &Column) -> Signs {
    let of = |cell: &Option<String>| cell.as_ref().map(|c| known.of_cell(c));
    column.cells.iter().map(of).collect()
}

pub(super) struct Desk<'a> {
    views: &'a [Seen],
    known: &'a Known,
    number: usize,
    pub(super) columns: &'a [Column],
    signs: &'a [Signs],
}

impl Desk<'_> {
    /// The rows marked as mine, as things of one kind.
    pub(super) fn one(&self, mine: &[bool]) -> Labelled {
        let fits: Vec<Fit> = self
            .views
            .iter()
            .map(|seen| seen.fit(self.known, self.signs, mine))
            .collect();
        let count = |f: &Fit| f.chosen.iter().flatten().count();
        let worth = |n: &usize| {
            let fit = &fits[*n];
            let roots = self.views[*n].view.roots.len();
            let near = (std::cmp::Reverse(fit.steps), std::cmp::Reverse(roots));
            (
                fit.telling,
                fit.is_own(mine),
                near,
                count(fit),
                std::cmp::Reverse(*n),
            )
        };
        let best = (0..fits.len()).max_by_key(worth);
        let Some(mut best) = best.filter(|n| count(&fits[*n]) > 0) else {
            return self.nothing(mine);
        };
        if let Some(nearer) = self.nearer(best, &fits, mine) {
            best = nearer;
        }
        self.labelled(best, &fits[best], mine)
    }

    /// A kind on the way of which each row has a thing of its own: then the table is about that, and what led further
    /// is one value chosen out of a set.
    fn nearer(&self, best: usize, fits: &[Fit], mine: &[bool]) -> Option<usize> {
        let (seen, fit) = (&self.views[best], &fits[best]);
        let held: Set = fit.chosen.iter().flatten().map(|c| c.attribute).collect();
        let attrs = seen.view.attrs.iter().enumerate();
        let things = attrs.filter(|(_, a)| a.spot.what == What::Itself && !a.spot.path.is_empty());
        for (number, attr) in things {
            let below = |n: usize| {
                let other = &seen.view.attrs[n];
                other.root == attr.root && other.spot.path.starts_with(&attr.spot.path)
            };
            let inner: Set = held.iter().filter(|n| below(*n)).collect();
            let known = seen.view.theory.implies(inner, Set::one(number));
            let fits_there = fits[attr.kind].chosen.iter().flatten().count() >= inner.len();
            if !inner.is_empty() && known && fits_there && self.is_own(seen, fit, number, mine) {
                return Some(attr.kind);
            }
        }
        None
    }

    /// Whether no two rows share a thing there.
    fn is_own(&self, seen: &Seen, fit: &Fit, attribute: usize, mine: &[bool]) -> bool {
        let mut owner: HashMap<usize, usize> = HashMap::new();
        for (row, bits) in fit.rows.iter().enumerate().filter(|(r, _)| mine[*r]) {
            for v in ones(bits, seen.rows.len()) {
                if let Some(thing) = seen.rows[v].holders[attribute]
                    && *owner.entry(thing).or_insert(row) != row
                {
                    return false;
                }
            }
        }
        !owner.is_empty()
    }

    fn labelled(&self, view: usize, fit: &Fit, mine: &[bool]) -> Labelled {
        let seen = &self.views[view];
        let row = |(bits, mine): (&Vec<u64>, &bool)| match mine {
            true => ones(bits, seen.rows.len()).collect(),
            false => Vec::new(),
        };
        let rows: Vec<Vec<usize>> = fit.rows.iter().zip(mine).map(row).collect();
        let (mut labels, mut unclear) = (Vec::new(), Vec::new());
        for (n, column) in self.columns.iter().enumerate() {
            let plain = fit.chosen[n].map(|c| (c.attribute, c.spelling, false));
            let found = plain.or_else(|| self.aged(seen, &rows, n));
            match found {
                Some((attribute, spelling, aged)) => labels.push(Label {
                    name: column.name.clone(),
                    column: column.of,
                    attribute,
                    spelling: Spelling::ALL[spelling],
                    aged,
                    cells: column.cells.clone(),
                }),
                None if self.has_ours(n, mine) => unclear.push(column.name.clone()),
                None => {}
            }
        }
        Labelled {
            table: self.number,
            view: Some(view),
            labels,
            unclear,
            rows,
            ..Labelled::default()
        }
    }

    fn nothing(&self, mine: &[bool]) -> Labelled {
        let unclear = (0..self.columns.len()).filter(|n| self.has_ours(*n, mine));
        Labelled {
            table: self.number,
            unclear: unclear.map(|n| self.columns[n].name.clone()).collect(),
            rows: vec![Vec::new(); mine.len()],
            ..Labelled::default()
        }
    }

    /// Whether a column holds planted values. A number or two of ours may come about by reckoning.
    pub(super) fn has_ours(&self, column: usize, mine: &[bool]) -> bool {
        let cells = self.signs[column].iter().zip(mine);
        let cells: Vec<&Vec<Sign>> = cells
            .filter(|(_, m)| **m)
            .filter_map(|(c, _)| c.as_ref())
            .collect();
        let telling = |s: &&Sign| self.known.is_telling(**s);
        let word = |c: &&Vec<Sign>| c.iter().filter(telling).any(|s| !self.known.is_number(*s));
        let all = cells.iter().all(|c| c.iter().filter(telling).count() > 0);
        !cells.is_empty() && (all || cells.iter().any(word))
    }

    /// A column whose cells are what a fact is or was.
    fn aged(
        &self,
        seen: &Seen,
        rows: &[Vec<usize>],
        column: usize,
    ) -> Option<(usize, usize, bool)> {
        let visible = (0..seen.view.attrs.len()).filter(|a| seen.view.attrs[*a].visible);
        let all = visible.flat_map(|a| (0..Spelling::ALL.len()).map(move |s| (a, s)));
        for (attribute, spelling) in all {
            let (mut told, mut past) = (false, false);
            let fits = rows.iter().enumerate().all(|(r, may)| {
                let Some(cell) = self.signs[column][r].as_ref().filter(|_| !may.is_empty()) else {
                    return true;
                };
                told |= cell.iter().any(|s| self.known.is_telling(*s));
                let is = |v: &usize| {
                    let now = self
                        .known
                        .now(&seen.view, &seen.rows[*v], attribute, spelling);
                    now.is_some_and(|s| cell.contains(&s))
                };
                let was = |v: &usize| {
                    let old = self
                        .known
                        .past(&seen.view, &seen.rows[*v], attribute, spelling);
                    old.iter().any(|s| cell.contains(s))
                };
                may.iter().any(is)
                    || may.iter().any(was) && {
                        past = true;
                        true
                    }
            });
            if fits && told && past {
                return Some((attribute, spelling, true));
            }
        }
        None
    }
}

//! A table that holds several kinds of things.

use std::collections::{BTreeMap, BTreeSet};

use super::labelled::Labelled;
use super::table::Desk;

/// Different words in a column that may say of which kind a row is.
const MOST_KINDS: usize = 8;

impl Desk<'_> {
    /// The table as several, by the words of a column that say what a row is, or by which cells are empty.
    pub(super) fn parts(&self, mine: &[bool]) -> Vec<Labelled> {
        let mut groupings: Vec<BTreeMap<String, Vec<usize>>> = Vec::new();
        for (n, column) in self.columns.iter().enumerate() {
            if self.has_ours(n, mine) {
                continue;
            }
            let word = |r: usize| column.cells[r].clone();
            groupings.extend(group(mine, word));
        }
        let pattern = |r: usize| {
            let empty = self
                .columns
                .iter()
                .map(|c| if c.cells[r].is_some() { '1' } else { '0' });
            Some(empty.collect())
        };
        groupings.extend(group(mine, pattern));
        let labelled = |grouping: BTreeMap<String, Vec<usize>>| -> Option<Vec<Labelled>> {
            let part = |rows: Vec<usize>| {
                let only: BTreeSet<usize> = rows.iter().copied().collect();
                let mine: Vec<bool> = (0..mine.len()).map(|r| only.contains(&r)).collect();
                Labelled {
                    part: Some(rows),
                    ..self.one(&mine)
                }
            };
            let parts: Vec<Labelled> = grouping.into_values().map(part).collect();
            let kinds: BTreeSet<Option<usize>> = parts.iter().map(|p| p.view).collect();
            let clear = parts
                .iter()
                .all(|p| p.view.is_some() && p.unclear.is_empty());
            (kinds.len() > 1 && clear).then_some(parts)
        };
        groupings.into_iter().find_map(labelled).unwrap_or_default()
    }
}

/// Rows by a word, where there are a few words, each on several rows.
fn group(
    mine: &[bool],
    word: impl Fn(usize) -> Option<String>,
) -> Option<BTreeMap<String, Vec<usize>>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in (0..mine.len()).filter(|r| mine[*r]) {
        groups.entry(word(row)?).or_default().push(row);
    }
    let several = groups.values().all(|rows| rows.len() > 1);
    ((2..=MOST_KINDS).contains(&groups.len()) && several).then_some(groups)
}

//! First normal form: one value in one place; and facts kept as rows of names and values.

use super::{Desk, Flaw, Form, Proposal, Witness, words};
use crate::pack::Strictness;
use crate::schema::domain::What;

impl Desk<'_> {
    pub(super) fn first(&self) -> Vec<Flaw> {
        let mut flaws = self.lists();
        flaws.extend(self.groups());
        flaws.extend(self.names_and_values());
        flaws.extend(self.documents());
        flaws
    }

    fn lists(&self) -> Vec<Flaw> {
        let each = |list: &crate::schema::label::List| {
            let domain = &self.labels.domain;
            let kind = &domain.kinds[list.kind].name;
            let nested = list.members.iter().any(|m| !m.name.is_empty()) && list.members.len() > 1;
            let (form, weight) = match nested {
                true => (Form::Nested, children(domain.storage.json)),
                false => (Form::List, domain.storage.arrays),
            };
            let view = self.labels.view_of(list.kind);
            let name = |m: &crate::schema::label::Member| {
                view.map(|v| v.name(domain, m.attribute))
                    .unwrap_or_default()
            };
            let facts: Vec<String> = list.members.iter().map(name).collect();
            let says = match nested {
                true => format!(
                    "one cell of `{}` holds several {kind}s, each with {}",
                    list.name,
                    words::list(&facts)
                ),
                false => format!(
                    "one cell of `{}` holds several values of {}",
                    list.name,
                    words::list(&facts)
                ),
            };
            self.flaw(
                form,
                weight,
                vec![list.name.clone()],
                says,
                self.witness(&[list.column], &[list.row]),
                facts,
            )
        };
        self.labelled.lists.iter().map(each).collect()
    }

    fn groups(&self) -> Vec<Flaw> {
        let each = |group: &crate::schema::label::Group| {
            let view = self.labels.view_of(group.kind);
            let fact = view
                .map(|v| v.name(&self.labels.domain, group.attribute))
                .unwrap_or_default();
            let columns = &self.of.rows.columns;
            let first: Vec<usize> = columns
                .iter()
                .enumerate()
                .filter(|(_, c)| group.names.contains(c))
                .map(|(n, _)| n)
                .collect();
            let says = format!("{} all hold {fact}", words::code(&group.names));
            let witness = self.witness(&first, &[group.row]);
            self.flaw(
                Form::Repeating,
                Strictness::Fail,
                group.names.clone(),
                says,
                witness,
                vec![fact],
            )
        };
        // One column alone is a choice, not a group.
        let several = self.labelled.groups.iter().filter(|g| g.names.len() > 1);
        several.map(each).collect()
    }

    fn names_and_values(&self) -> Option<Flaw> {
        let eav = self.labelled.eav.as_ref()?;
        let kinds = &self.labels.domain.kinds;
        let name = |(kind, fact): &(usize, usize)| {
            format!("{}.{}", kinds[*kind].name, kinds[*kind].facts[*fact].name)
        };
        let facts: Vec<String> = eav.facts.values().map(name).collect();
        let says = format!(
            "`{}` holds {}, and `{}` says which",
            eav.values,
            words::list(&facts),
            eav.names
        );
        let columns = vec![eav.values.clone()];
        let witness = self.witness(&[], &[eav.rows.0, eav.rows.1]);
        let mut flaw = self.flaw(
            Form::NamesAndValues,
            Strictness::Fail,
            columns,
            says,
            witness,
            facts,
        );
        flaw.by = vec![eav.names.clone()];
        Some(flaw)
    }

    /// Facts that stand inside documents: a matter of taste that the project settles, unless no fact of the row stands
    /// in a column of its own. Then the database knows nothing of them.
    fn documents(&self) -> Option<Flaw> {
        let labels = self.labelled.labels.iter();
        let inside: Vec<_> = labels
            .filter(|l| l.name != self.of.rows.columns[l.column])
            .collect();
        let view = self.labels.view(self.labelled)?;
        let first = inside.first()?;
        let facts: Vec<String> = inside
            .iter()
            .map(|l| view.name(&self.labels.domain, l.attribute))
            .collect();
        let says = format!(
            "{} stand inside `{}`",
            words::list(&facts),
            self.of.rows.columns[first.column]
        );
        let row = self
            .labelled
            .rows
            .iter()
            .position(|r| !r.is_empty())
            .unwrap_or_default();
        let columns = inside.iter().map(|l| l.name.clone()).collect();
        let witness = self.witness(&[first.column], &[row]);
        let outside = |l: &&crate::schema::label::Label| {
            let attr = &view.attrs[l.attribute];
            let own = attr.spot.path.is_empty() && !self.is_hidden(attr);
            own && attr.spot.what != What::Itself && l.name == self.of.rows.columns[l.column]
        };
        let weight = match self.labelled.labels.iter().any(|l| outside(&l)) {
            true => self.labels.domain.storage.json,
            false => children(self.labels.domain.storage.json),
        };
        Some(self.flaw(Form::Document, weight, columns, says, witness, facts))
    }

    fn flaw(
        &self,
        form: Form,
        weight: Strictness,
        columns: Vec<String>,
        says: String,
        witness: Witness,
        facts: Vec<String>,
    ) -> Flaw {
        Flaw {
            form,
            weight,
            about: words::list(&facts),
            facts: Vec::new(),
            table: self.of.table.to_string(),
            columns,
            by: Vec::new(),
            says,
            witness,
            copies: 0,
            differ: false,
            cure: vec![Proposal {
                exists: None,
                facts,
            }],
        }
    }
}

/// How a project takes documents that stand where rows should: it may allow them, but not call them a matter of taste.
fn children(json: Strictness) -> Strictness {
    match json {
        Strictness::Ok => Strictness::Advice,
        _ => Strictness::Fail,
    }
}

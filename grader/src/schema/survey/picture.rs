//! The tables as a picture: data for whoever draws them.

use super::Survey;
use crate::model::{Cure, DrawnColumn, DrawnReference, DrawnTable, Picture, Wanted};
use crate::schema::judge::Form;
use crate::schema::label::{Labelled, Stored};

impl Survey {
    /// What was found, as data without a row of it.
    pub fn picture(&self) -> Picture {
        let tables = self.stored.iter().enumerate();
        let wanted = |p: &crate::schema::judge::Proposal| Wanted {
            exists: p.exists.clone(),
            facts: p.facts.clone(),
        };
        let cures = self.judgement.flaws.iter().map(|f| Cure {
            table: f.table.clone(),
            says: f.says.clone(),
            instead: f.cure.iter().map(wanted).collect(),
        });
        Picture {
            tables: tables.map(|(n, stored)| self.drawn(n, stored)).collect(),
            cures: cures.collect(),
        }
    }

    fn drawn(&self, number: usize, stored: &Stored) -> DrawnTable {
        let (table, kinds) = (&stored.table, &self.labels.domain.kinds);
        let parts: Vec<&Labelled> = self
            .labels
            .tables
            .iter()
            .filter(|t| t.table == number)
            .collect();
        let views = parts.iter().filter_map(|p| self.labels.view(p));
        let mut about: Vec<String> = Vec::new();
        for root in views.flat_map(|v| &v.roots) {
            if !about.contains(&kinds[*root].name) {
                about.push(kinds[*root].name.clone());
            }
        }
        let whole = table
            .indexes
            .iter()
            .filter(|i| i.unique && !i.primary && i.predicate.is_none());
        let columns = |i: &crate::probe::catalog::Index| -> Vec<String> {
            i.keys.iter().map(|k| k.text.clone()).collect()
        };
        DrawnTable {
            name: table.to_string(),
            about,
            read: stored.read,
            rows: stored.rows.rows.len(),
            columns: table
                .columns
                .iter()
                .map(|c| self.column_of(stored, &parts, c))
                .collect(),
            primary_key: table
                .primary_key
                .iter()
                .flat_map(|k| k.columns.clone())
                .collect(),
            uniques: whole.map(columns).collect(),
            references: table.foreign_keys.iter().map(reference).collect(),
        }
    }

    fn column_of(
        &self,
        stored: &Stored,
        parts: &[&Labelled],
        column: &crate::probe::catalog::Column,
    ) -> DrawnColumn {
        let at = stored.rows.columns.iter().position(|c| *c == column.name);
        let (mut holds, mut entity): (Vec<String>, Option<String>) = (Vec::new(), None);
        let kinds = &self.labels.domain.kinds;
        for part in parts {
            let Some(view) = self.labels.view(part) else {
                continue;
            };
            for label in part.labels.iter().filter(|l| Some(l.column) == at) {
                let what = view.name(&self.labels.domain, label.attribute);
                entity.get_or_insert_with(|| kinds[view.attrs[label.attribute].kind].name.clone());
                if !holds.contains(&what) {
                    holds.push(what);
                }
            }
            for list in part.lists.iter().filter(|l| Some(l.column) == at) {
                let name = kinds[list.kind].name.clone();
                holds.push(format!("several of {name}"));
                entity.get_or_insert(name);
            }
        }
        DrawnColumn {
            name: column.name.clone(),
            type_name: column.type_name.clone(),
            nullable: !column.not_null,
            holds,
            entity,
            mark: self.mark(&stored.table.to_string(), &column.name),
        }
    }

    fn mark(&self, table: &str, column: &String) -> Option<String> {
        let flaws = self.judgement.flaws.iter();
        let mut here = flaws.filter(|f| f.table == table && f.columns.contains(column));
        if let Some(flaw) = here.next() {
            let list = matches!(flaw.form, Form::List | Form::Nested | Form::Repeating);
            return Some(if list { "list" } else { "copy" }.to_owned());
        }
        let honest = self.judgement.honest.iter();
        let mut honest =
            honest.filter(|h| h.table == table && h.why != crate::schema::judge::Why::OtherKey);
        honest
            .any(|h| h.columns.contains(column))
            .then(|| "honest".to_owned())
    }
}

fn reference(key: &crate::probe::catalog::ForeignKey) -> DrawnReference {
    DrawnReference {
        columns: key.columns.clone(),
        table: format!("{}.{}", key.references.0, key.references.1),
        referenced: key.referenced.clone(),
    }
}

//! The learner's tables as Markdown.

use super::escape::{code, inline};
use crate::model::{DrawnTable, Report};
use crate::report::text::cut;

/// How long a name may be, in characters.
const NAME: usize = 80;

/// The tables, folded away; nothing where the run did not look at them.
pub(super) fn tables(report: &Report) -> Vec<String> {
    let Some(picture) = &report.picture else {
        return Vec::new();
    };
    let mut parts = vec!["## Your tables\n".to_owned()];
    parts.extend(picture.tables.iter().map(table));
    for cure in &picture.cures {
        let mut out = format!("{}. Instead:\n\n", inline(&cut(&cure.says, 4 * NAME)));
        for wanted in &cure.instead {
            let name = wanted
                .exists
                .as_ref()
                .map_or("a new table".to_owned(), |t| code(&cut(t, NAME)));
            out += &format!(
                "- {name} ({})\n",
                inline(&cut(&wanted.facts.join(", "), 8 * NAME))
            );
        }
        parts.push(out);
    }
    parts
}

/// Code in a table: a bar ends a cell even there, unless it is escaped.
fn cell(text: &str) -> String {
    code(&cut(text, NAME)).replace('|', "\\|")
}

fn table(table: &DrawnTable) -> String {
    let about = match table.about.as_slice() {
        [] => "nothing that was planted".to_owned(),
        about => about.join(" and "),
    };
    let unread = if table.read {
        ""
    } else {
        ", read by no request"
    };
    let mut out = format!(
        "**{}**: {}{unread}\n\n| column | type | holds | |\n|---|---|---|---|\n",
        code(&cut(&table.name, NAME)),
        inline(&about)
    );
    for column in &table.columns {
        let mut notes: Vec<String> = column.mark.iter().cloned().collect();
        if table.primary_key.contains(&column.name) {
            notes.push("key".to_owned());
        }
        let own = table
            .references
            .iter()
            .filter(|r| r.columns.contains(&column.name));
        notes.extend(own.map(|r| format!("→ {}", r.table)));
        out += &format!(
            "| {} | {} | {} | {} |\n",
            cell(&column.name),
            cell(&column.type_name),
            inline(&cut(&column.holds.join(", "), 2 * NAME)),
            inline(&cut(&notes.join(", "), 2 * NAME))
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_hostile_column_stays_in_its_cell() {
        let mut report = sample::mixed();
        let mut picture = sample::picture();
        picture.tables[0].columns[0].name = "a | b` <script>\n| c".to_owned();
        report.picture = Some(picture);
        let text = tables(&report).join("\n");
        let rows = text.lines().filter(|l| l.starts_with("| "));
        for row in rows {
            let cells = row.replace("\\|", "").matches('|').count();
            assert_eq!(cells, 5, "{row}");
        }
        assert!(!text.contains("<script>") || text.contains("`"), "{text}");
    }
}

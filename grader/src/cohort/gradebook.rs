//! `gradebook.csv`: one row a submission, sorted by id, with nothing in it that another run of the same would change.

use std::collections::BTreeSet;

use super::row::{Graded, Row};
use crate::model::{Doing, Fault};
use crate::report::exports::gradebook::cell;

/// The gradebook of a cohort. Tiers are columns: those that any submission has.
///
/// # Errors
/// Only if the CSV writer fails, which is ours.
pub fn render(rows: &[Row]) -> Result<String, Fault> {
    let doing = "writing the gradebook";
    let graded = rows.iter().filter_map(Row::graded);
    let tiers: BTreeSet<u32> = graded
        .flat_map(|g| g.tiers.iter().map(|t| t.tier))
        .collect();
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| (&row.id, &row.name));
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut head: Vec<String> = ["id", "submission", "result"].map(String::from).to_vec();
    for tier in &tiers {
        let columns = ["earned", "possible", "gate"];
        head.extend(columns.map(|column| format!("tier {tier} {column}")));
    }
    head.extend(["first finding", "changed verdicts", "reason"].map(String::from));
    out.write_record(&head).doing(doing)?;
    for row in rows {
        // Points of a run that we broke are no points.
        let graded = row.graded().filter(|_| row.why().is_empty());
        let mut cells = vec![cell(&row.id), cell(&row.name), row.word().to_owned()];
        for tier in &tiers {
            let found = graded.and_then(|g| g.tiers.iter().find(|t| t.tier == *tier));
            cells.extend(match found {
                Some(t) => [t.earned.to_string(), t.possible.to_string(), t.gate.clone()],
                None => Default::default(),
            });
        }
        let changed = graded.map(|g| g.overridden).filter(|n| *n > 0);
        cells.push(cell(
            graded
                .and_then(|g: &Graded| g.first.as_deref())
                .unwrap_or_default(),
        ));
        cells.push(changed.map(|n| n.to_string()).unwrap_or_default());
        cells.push(cell(&row.reason()));
        out.write_record(&cells).doing(doing)?;
    }
    String::from_utf8(out.into_inner().doing(doing)?).doing(doing)
}

#[cfg(test)]
mod tests {
    use super::super::page::sample;
    use super::*;
    use crate::cohort::Outcome;

    #[test]
    fn a_row_each_in_the_order_of_ids_and_no_formula() {
        let mut rows = vec![
            Row::new("=cmd()", "9", sample::graded(3, &["fail", "pass"])),
            Row::new("bob", "10", Outcome::Missing),
        ];
        let refused = Outcome::Refused {
            why: "the archive\nis not unpacked".to_owned(),
        };
        rows.push(Row::new("eve", "-1", refused));
        let text = render(&rows).unwrap();
        let expected = "id,submission,result,tier 1 earned,tier 1 possible,tier 1 gate,first finding,changed verdicts,reason\n\
            '-1,eve,refused,,,,,,the archive is not unpacked\n\
            10,bob,missing,,,,,,nothing was handed in\n\
            9,'=cmd(),graded,3,10,closed,boot.a: it is wrong,,\n";
        assert_eq!(text, expected);
        rows.reverse();
        assert_eq!(render(&rows).unwrap(), text, "whatever order they come in");
    }
}

//! JSON: the report itself, and the schema that says what is in it.

use crate::model::{Doing, Fault, Report};

/// The report as JSON, indented, with a final line break.
///
/// # Errors
/// Only if the serialiser fails, which is ours.
pub fn render(report: &Report) -> Result<String, Fault> {
    let text = serde_json::to_string_pretty(report).doing("writing the JSON report")?;
    Ok(text + "\n")
}

/// The JSON Schema of the report, as committed in `grader/docs/report.schema.json`.
///
/// # Errors
/// Only if the serialiser fails, which is ours.
pub fn schema() -> Result<String, Fault> {
    let schema = schemars::schema_for!(Report);
    let text = serde_json::to_string_pretty(&schema).doing("writing the report's JSON Schema")?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_committed_schema_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
        let fresh = schema().unwrap();
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
            std::fs::write(path, &fresh).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == fresh,
            "{path} is stale: run the tests once with BLESS=1"
        );
    }

    #[test]
    fn reports_keep_to_the_schema() {
        let schema = serde_json::from_str(&schema().unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for report in [sample::mixed(), sample::green(), sample::hostile()] {
            let json = serde_json::from_str(&render(&report).unwrap()).unwrap();
            let problems: Vec<_> = validator
                .iter_errors(&json)
                .map(|e| e.to_string())
                .collect();
            assert!(problems.is_empty(), "{problems:?}");
        }
        let mut wrong = serde_json::to_value(sample::green()).unwrap();
        wrong["score"]["earned"] = "ten".into();
        assert!(!validator.is_valid(&wrong));
    }

    #[test]
    fn a_report_survives_the_round_trip() {
        let report = sample::hostile();
        assert_eq!(
            serde_json::from_str::<Report>(&render(&report).unwrap()).unwrap(),
            report
        );
    }
}

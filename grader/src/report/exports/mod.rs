//! What other systems read: each a pure function of the report, each with the same total.

pub mod annotations;
pub mod autolab;
mod case;
pub mod classroom;
pub mod classroom50;
pub mod gradebook;
pub mod gradescope;
pub mod prairielearn;
pub mod sarif;

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::Value;

    use super::*;
    use crate::model::Report;
    use crate::report::sample;

    fn sum(tests: &Value, field: &str) -> u64 {
        let tests = tests.as_array().unwrap();
        tests.iter().filter_map(|t| t[field].as_u64()).sum()
    }

    fn decoded(report: &Report) -> Value {
        let text = classroom::render(report).unwrap();
        serde_json::from_slice(&STANDARD.decode(text.trim_end()).unwrap()).unwrap()
    }

    #[test]
    fn one_total_in_every_export() {
        for report in [
            sample::mixed(),
            sample::green(),
            sample::hostile(),
            sample::cut_short(),
        ] {
            let (earned, possible) = (
                u64::from(report.score.earned),
                u64::from(report.score.possible),
            );
            let gradescope: Value =
                serde_json::from_str(&gradescope::render(&report).unwrap()).unwrap();
            assert_eq!(sum(&gradescope["tests"], "score"), earned);
            assert_eq!(sum(&gradescope["tests"], "max_score"), possible);
            let prairie: Value =
                serde_json::from_str(&prairielearn::render(&report).unwrap()).unwrap();
            assert_eq!(sum(&prairie["tests"], "points"), earned);
            assert_eq!(sum(&prairie["tests"], "max_points"), possible);
            let autolab = autolab::render(&report).unwrap();
            let scores: Value = serde_json::from_str(autolab.lines().last().unwrap()).unwrap();
            let stages = scores["scores"].as_object().unwrap().values();
            assert_eq!(stages.filter_map(Value::as_u64).sum::<u64>(), earned);
            let fifty: Value =
                serde_json::from_str(&classroom50::render(&report).unwrap()).unwrap();
            assert_eq!(sum(&fifty["tests"], "score"), earned);
            assert_eq!(sum(&fifty["tests"], "max-score"), possible);
            let classroom = decoded(&report);
            assert_eq!(sum(&classroom["tests"], "score"), earned);
            assert_eq!(sum(&classroom["tests"], "max_score"), possible);
            let sarif: Value = serde_json::from_str(&sarif::render(&report).unwrap()).unwrap();
            assert_eq!(sarif["runs"][0]["properties"]["earned"], earned);
            assert_eq!(sarif["runs"][0]["properties"]["possible"], possible);
            let book = gradebook::render(&report).unwrap();
            assert!(book.contains(&format!(",{earned},{possible},")), "{book}");
        }
    }

    #[test]
    fn hostile_text_is_harmless() {
        let report = sample::hostile();
        let texts = [
            gradescope::render(&report).unwrap(),
            prairielearn::render(&report).unwrap(),
            autolab::render(&report).unwrap(),
            gradebook::render(&report).unwrap(),
            annotations::render(&report),
            sarif::render(&report).unwrap(),
            classroom50::render(&report).unwrap(),
            decoded(&report).to_string(),
        ];
        for text in texts {
            assert!(text.contains("evil"), "the sample reaches the export");
            let unseen = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
            assert_eq!(text.find(unseen), None, "{text}");
            assert!(text.lines().all(|l| !l.starts_with("::")
                || l.starts_with("::error ")
                || l.starts_with("::warning ")));
        }
    }
}

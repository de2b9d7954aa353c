//! What other systems read: each a pure function of the report, each with the same total.

pub mod annotations;
pub mod autolab;
mod case;
pub mod gradebook;
pub mod gradescope;
pub mod prairielearn;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    fn sum(tests: &Value, field: &str) -> u64 {
        let tests = tests.as_array().unwrap();
        tests.iter().filter_map(|t| t[field].as_u64()).sum()
    }

    #[test]
    fn one_total_in_every_export() {
        for report in [sample::mixed(), sample::green(), sample::hostile()] {
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

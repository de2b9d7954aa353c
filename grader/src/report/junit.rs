//! JUnit XML: one suite a stage, one case a check. A failure is the learner's, an error is ours.

use std::collections::HashMap;

use junit_report::{
    Duration, OffsetDateTime, ReportBuilder, TestCase, TestCaseBuilder, TestSuiteBuilder,
};
use time::format_description::well_known::Rfc3339;

use super::terminal;
use super::text::{PARTIAL, count, cut, one_line, overridden, visible};
use crate::model::{Doing, Fault, Record, Report, Stage, Verdict};

/// Columns of the plain text inside a case.
const WIDTH: usize = 100;
/// How long an attribute may be, in characters.
const LONG: usize = 400;

/// The report as JUnit XML. `classname` is `tier-<n>.<stage>`, `name` the check's id; both are what CI
/// keeps a case by. Deterministic: times are those of the report.
///
/// # Errors
/// Only if the XML writer fails, which is ours.
pub fn render(report: &Report) -> Result<String, Fault> {
    let started =
        OffsetDateTime::parse(&report.started, &Rfc3339).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut names = Names::default();
    let mut out = ReportBuilder::new();
    if report.partial {
        let class = format!("tier-{}.partial", report.pack.tier);
        let name = names.unique("grader.partial");
        let mut case = TestCaseBuilder::error(&name, Duration::ZERO, "partial", PARTIAL);
        let mut suite = TestSuiteBuilder::new(&class);
        let case = case.set_classname(&class).build();
        out.add_testsuite(suite.set_timestamp(started).add_testcase(case).build());
    }
    for stage in Stage::ALL {
        let class = format!("tier-{}.{stage}", report.pack.tier);
        let records = report.checks.iter().filter(|r| r.stage == stage);
        let cases: Vec<TestCase> = records.map(|r| case(r, &class, &mut names)).collect();
        if !cases.is_empty() {
            let mut suite = TestSuiteBuilder::new(&class);
            out.add_testsuite(suite.set_timestamp(started).add_testcases(cases).build());
        }
    }
    if !report.faults.is_empty() {
        let class = format!("tier-{}.grader", report.pack.tier);
        let cases = report.faults.iter().map(|fault| {
            let name = names.unique("grader.fault");
            let mut case =
                TestCaseBuilder::error(&name, Duration::ZERO, "fault", &attribute(fault));
            case.set_classname(&class)
                .set_trace(&content(fault))
                .build()
        });
        let mut suite = TestSuiteBuilder::new(&class);
        out.add_testsuite(suite.set_timestamp(started).add_testcases(cases).build());
    }
    let mut xml = Vec::new();
    out.build()
        .write_xml(&mut xml)
        .doing("writing the JUnit report")?;
    String::from_utf8(xml).doing("writing the JUnit report")
}

fn case(record: &Record, class: &str, names: &mut Names) -> TestCase {
    let name = names.unique(record.id.as_str());
    let time = Duration::checked_seconds_f64(record.seconds).unwrap_or(Duration::ZERO);
    let mut said = format!(
        "{}, {}",
        record.severity,
        count(record.points as usize, "point")
    );
    if let Some(changed) = &record.overridden {
        said += &format!("\n{}", overridden(changed));
    }
    let mut case = match &record.verdict {
        Verdict::Pass { advice } => {
            for finding in advice {
                said += &format!("\nadvice: {}", finding.saw);
            }
            TestCaseBuilder::success(&name, time)
        }
        Verdict::Fail { findings } => {
            let saw = findings.first().map_or(record.summary.as_str(), |f| &f.saw);
            let more = match findings.len() {
                0 | 1 => String::new(),
                n => format!(" (and {} more)", n - 1),
            };
            let message = attribute(saw) + &more;
            let mut case =
                TestCaseBuilder::failure(&name, time, record.severity.as_str(), &message);
            case.set_trace(&content(&terminal::findings(record, WIDTH)));
            if let Some(says) = &record.kept_back {
                said += &format!("\n{says}");
            }
            case
        }
        Verdict::Blocked { by } => {
            let by: Vec<&str> = by.iter().map(|id| id.as_str()).collect();
            skipped(
                &name,
                "blocked",
                &format!("waits for {}", by.join(", ")),
                &mut said,
            )
        }
        Verdict::Skipped { why } => skipped(&name, "skipped", why, &mut said),
        Verdict::Inconclusive { control } => {
            let why = format!("not judged: {control}");
            skipped(&name, "inconclusive", &why, &mut said)
        }
        Verdict::Broken { fault } => {
            let mut case = TestCaseBuilder::error(&name, time, "fault", &attribute(fault));
            case.set_trace(&content(fault));
            case
        }
    };
    case.set_classname(class)
        .set_system_out(&content(&said))
        .build()
}

/// A skipped case says why on its output too: some readers drop the attribute.
fn skipped(name: &str, kind: &str, why: &str, said: &mut String) -> TestCaseBuilder {
    said.push('\n');
    said.push_str(why);
    TestCaseBuilder::skipped_with_cause(name, kind, &attribute(why))
}

/// Text for an attribute: XML 1.0 forbids most control characters even as references.
fn attribute(text: &str) -> String {
    cut(&one_line(text), LONG)
}

/// Text for a CDATA section, which has no escape for its own end.
fn content(text: &str) -> String {
    visible(text).replace("]]>", "]]]]><![CDATA[>")
}

/// Case names, each once: of two with one name some readers keep the first.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    fn unique(&mut self, name: &str) -> String {
        let name = attribute(name);
        let seen = self.0.entry(name.clone()).or_insert(0);
        *seen += 1;
        if *seen == 1 {
            name
        } else {
            format!("{name} ({seen})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use roxmltree::Document;

    fn cases<'a>(doc: &'a Document<'a>) -> Vec<roxmltree::Node<'a, 'a>> {
        doc.descendants()
            .filter(|n| n.has_tag_name("testcase"))
            .collect()
    }

    /// The names of the elements that say how a case ended.
    fn end(case: &roxmltree::Node<'_, '_>) -> String {
        let ends = case
            .children()
            .filter(|n| n.is_element() && !n.has_tag_name("system-out"));
        ends.map(|n| n.tag_name().name().to_owned())
            .collect::<Vec<_>>()
            .join("+")
    }

    #[test]
    fn each_verdict_has_its_element() {
        let report = sample::mixed();
        let xml = render(&report).unwrap();
        let doc = Document::parse(&xml).unwrap();
        let cases = cases(&doc);
        assert_eq!(cases.len(), report.checks.len());
        for (case, record) in cases.iter().zip(&report.checks) {
            let expected = match record.verdict {
                Verdict::Pass { .. } => "",
                Verdict::Fail { .. } => "failure",
                Verdict::Broken { .. } => "error",
                _ => "skipped",
            };
            assert_eq!(end(case), expected, "{}", record.id);
            assert_eq!(case.attribute("name"), Some(record.id.as_str()));
            let class = format!("tier-1.{}", record.stage);
            assert_eq!(case.attribute("classname"), Some(class.as_str()));
        }
        let out = xml
            .matches("not judged: the honest request before it was answered 429")
            .count();
        assert_eq!(out, 2, "said in the attribute and in system-out");
    }

    #[test]
    fn hostile_text_stays_text() {
        let mut report = sample::hostile();
        report.faults = vec![sample::HOSTILE.to_owned(), sample::HOSTILE.to_owned()];
        report.checks.push(report.checks[0].clone());
        report.checks[0].id = sample::HOSTILE.into();
        let xml = render(&report).unwrap();
        let forbidden =
            |c: char| c < ' ' && !"\n\t\r".contains(c) || "\u{fffe}\u{ffff}".contains(c);
        assert!(!xml.contains(forbidden));
        let doc = Document::parse(&xml).unwrap();
        assert!(doc.descendants().all(|n| !n.has_tag_name("script")));
        let cases = cases(&doc);
        assert_eq!(cases.len(), report.checks.len() + 2);
        let mut names: Vec<_> = cases.iter().map(|c| c.attribute("name").unwrap()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases.len(), "names are unique");
        let failure = cases.iter().find(|c| end(c) == "failure").unwrap();
        let text: String = failure.descendants().filter_map(|n| n.text()).collect();
        assert!(
            text.contains("]]> </failure><script>alert(1)</script>"),
            "{text}"
        );
    }

    /// The rules of the schema that Jenkins uses (`junit-4.xsd`), and counts that hold.
    fn common(text: &str) {
        let doc = Document::parse(text).unwrap();
        let root = doc.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        for suite in root.children().filter(|n| n.is_element()) {
            assert_eq!(suite.tag_name().name(), "testsuite");
            assert!(suite.attribute("name").is_some_and(|name| !name.is_empty()));
            let cases: Vec<_> = suite
                .children()
                .filter(|n| n.has_tag_name("testcase"))
                .collect();
            let count = |tag: &str| {
                let has = |c: &&roxmltree::Node<'_, '_>| c.children().any(|n| n.has_tag_name(tag));
                cases.iter().filter(has).count().to_string()
            };
            assert_eq!(
                suite.attribute("tests"),
                Some(cases.len().to_string().as_str())
            );
            assert_eq!(suite.attribute("failures"), Some(count("failure").as_str()));
            assert_eq!(suite.attribute("errors"), Some(count("error").as_str()));
            for case in &cases {
                assert!(case.attribute("name").is_some() && case.attribute("classname").is_some());
                let time = case.attribute("time").map(str::parse::<f64>);
                assert!(time.is_none_or(|time| time.unwrap() >= 0.0));
                let tags: Vec<_> = case.children().filter(|n| n.is_element()).collect();
                let tags: Vec<&str> = tags.iter().map(|n| n.tag_name().name()).collect();
                let order = ["skipped", "error", "failure", "system-out", "system-err"];
                let places = tags
                    .iter()
                    .map(|t| order.iter().position(|o| o == t).unwrap());
                assert!(places.is_sorted(), "{tags:?}");
            }
        }
    }

    #[test]
    fn the_file_has_the_common_shape() {
        let mut faulty = sample::hostile();
        faulty.faults = vec![sample::HOSTILE.to_owned()];
        let reports = [
            sample::mixed(),
            sample::green(),
            sample::cut_short(),
            sample::flood(30),
            faulty,
        ];
        for report in reports {
            common(&render(&report).unwrap());
        }
        // GitLab refuses a file over 30 MB.
        assert!(render(&sample::flood(400)).unwrap().len() < 30_000_000);
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        assert_eq!(
            render(&sample::mixed()).unwrap(),
            render(&sample::mixed()).unwrap()
        );
        assert!(
            render(&sample::green())
                .unwrap()
                .contains("timestamp=\"2026-03-01T20:15:00Z\"")
        );
    }
}

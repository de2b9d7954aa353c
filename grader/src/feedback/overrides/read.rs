//! Reads `overrides.toml`, every problem said at once, with its place.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use super::{Override, Overrides, Pin};
use crate::model::{CheckId, CheckIndex, Ruling};
use crate::pack::PackProblems;
use crate::pack::read::log::{Log, Spot};
use crate::pack::read::tab::{At, Tab};

/// The fewest digits that name a pack.
const DIGITS: usize = 12;

impl Overrides {
    /// Reads the text of a file of this name. `checks` are those that may be named.
    ///
    /// # Errors
    /// Everything that is wrong, with line, column and a cure.
    pub fn read(file: &str, text: &str, checks: &CheckIndex) -> Result<Self, PackProblems> {
        let log = Log::default();
        log.file(file, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for e in &errors {
            let spot = Spot::new(file, e.span().unwrap_or(0..0));
            let what = format!("this is not TOML: {}", e.message());
            log.say(&spot, what, "mend the line");
        }
        let mut overrides = Self::default();
        if errors.is_empty() {
            let mut root = Tab::root(file, table.get_ref(), &log);
            if let Some(mut tab) = root.get("pin").and_then(|item| item.table()) {
                overrides.pin = pin(&mut tab, &log);
                tab.done();
            }
            let tables = root.get("override").map(|item| item.one_or_many());
            let mut taken = BTreeSet::new();
            for mut tab in tables.unwrap_or_default() {
                let one = one(&mut tab, checks, &mut taken, &log);
                overrides.all.extend(one);
                tab.done();
            }
            root.done();
        }
        match log.is_clean() {
            true => Ok(overrides),
            false => Err(log.into_problems(file.to_owned())),
        }
    }
}

fn pin(tab: &mut Tab<'_>, log: &Log) -> Pin {
    let mut packs = BTreeMap::new();
    let table = tab.get("packs").and_then(|item| item.table());
    for (id, item) in table.map(|t| t.all()).unwrap_or_default() {
        let Some(digest) = item.text() else {
            continue;
        };
        let hex = digest
            .value
            .chars()
            .all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        if !hex || !(DIGITS..=64).contains(&digest.value.len()) {
            let cure =
                "write the digest of the pack that a report names, or its first twelve digits";
            let what = format!("`{}` is no digest", digest.value);
            log.say(&digest.spot, what, cure);
        }
        packs.insert(id.value, digest.value);
    }
    Pin {
        grader: tab
            .get("grader")
            .and_then(|item| item.text())
            .map(|at| at.value),
        packs,
    }
}

fn one(
    tab: &mut Tab<'_>,
    checks: &CheckIndex,
    taken: &mut BTreeSet<(String, String)>,
    log: &Log,
) -> Option<Override> {
    let submission = said(tab, "submission", "name the submission's folder", log);
    let check = said(tab, "check", "name a check, as reports do", log);
    let to = tab.need("verdict", "write waived, pass or fail");
    let to = to.and_then(|item| item.word(&Ruling::ALL));
    let reason = said(tab, "reason", "say why: the learner reads it", log);
    let by = tab
        .get("by")
        .and_then(|item| item.text())
        .map(|at| at.value);
    if let Some(check) = check.as_ref().filter(|c| checks.get(&c.value).is_none()) {
        let known = checks.iter().map(|meta| meta.id.as_str());
        let what = format!("there is no check `{}`", check.value);
        log.unknown(&check.spot, what, &check.value, known);
    }
    let (submission, check) = (submission?, check?);
    if !taken.insert((submission.value.clone(), check.value.clone())) {
        let what = format!(
            "`{}` of `{}` is decided twice",
            check.value, submission.value
        );
        log.say(&check.spot, what, "keep one of the two");
    }
    Some(Override {
        submission: submission.value,
        check: CheckId(check.value),
        to: to?,
        reason: reason?.value,
        by,
    })
}

/// A text that must be there and say something.
fn said(tab: &mut Tab<'_>, key: &'static str, cure: &str, log: &Log) -> Option<At<String>> {
    let text = tab.need(key, cure)?.text()?;
    if text.value.trim().is_empty() {
        log.say(&text.spot, format!("`{key}` is empty"), cure);
    }
    Some(text)
}

/// Checks for the tests of this room.
#[cfg(test)]
pub(super) fn index() -> CheckIndex {
    use crate::model::{Alone, CheckMeta, RuntimeKind, Severity, Stage, WorldKind};
    let meta = |id: &str| CheckMeta {
        id: id.into(),
        stage: Stage::Boot,
        summary: "a flaw".to_owned(),
        concept: "http".to_owned(),
        severity: Severity::High,
        needs: vec![],
        world: WorldKind::Main,
        alone: Alone::Shared,
        runtimes: vec![RuntimeKind::Local],
        refs: vec![],
        hints: vec![],
        docs: String::new(),
    };
    CheckIndex::new(["boot.a", "boot.b", "boot.c"].map(meta).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PackRef;

    fn read(text: &str) -> Result<Overrides, String> {
        Overrides::read("overrides.toml", text, &index()).map_err(|problems| problems.to_string())
    }

    const WHOLE: &str = r#"
[pin]
grader = "0.1.0"
packs = { "1-x" = "0123456789ab" }
[[override]]
submission = "ada"
check = "boot.b"
verdict = "waived"
reason = "agreed"
by = "M. Curie"
"#;

    #[test]
    fn a_file_is_read_whole() {
        let overrides = read(WHOLE).unwrap();
        let one = overrides.of("ada").next().unwrap();
        assert_eq!(
            (one.check.as_str(), one.to, one.by.as_deref()),
            ("boot.b", Ruling::Waived, Some("M. Curie"))
        );
        assert_eq!(overrides.of("bob").count(), 0);
        assert_ne!(overrides.digest("ada"), overrides.digest("bob"));
        assert_eq!(read("").unwrap(), Overrides::default());
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_with_its_place() {
        let text = "[pin]\ngarder = \"1\"\npacks = { a = \"xyz\" }\n[[override]]\nsubmission = \"ada\"\ncheck = \"boot.bb\"\n\
            verdict = \"wave\"\nreason = \" \"\n[[override]]\nsubmission = \"ada\"\ncheck = \"boot.bb\"\nverdict = \"pass\"\n";
        let why = read(text).unwrap_err();
        for says in [
            "overrides.toml:2:1: unknown key `garder` in [pin] (did you mean `grader`?)",
            "overrides.toml:3:15: `xyz` is no digest",
            "overrides.toml:6:9: there is no check `boot.bb` (did you mean `boot.b`?)",
            "overrides.toml:7:11: `override.verdict` is \"wave\", which is none of its words",
            "overrides.toml:8:10: `reason` is empty",
            "overrides.toml:9:1: [override] has no `reason`",
            "overrides.toml:11:9: `boot.bb` of `ada` is decided twice",
        ] {
            assert!(why.contains(says), "expected {says}\n{why}");
        }
        assert!(read("[pin\n").unwrap_err().contains("overrides.toml:1:"));
    }

    #[test]
    fn nothing_else_than_what_is_pinned_may_grade() {
        let pack = |id: &str, digest: &str| PackRef {
            id: id.to_owned(),
            title: String::new(),
            tier: 1,
            digest: digest.to_owned(),
        };
        let overrides = read(WHOLE).unwrap();
        let why = |pack: &PackRef| overrides.admit(pack).unwrap_err();
        assert_eq!(overrides.admit(&pack("1-x", "0123456789abcdef")), Ok(()));
        assert!(why(&pack("1-x", "ffff456789abcdef")).contains("this pack is ffff456789ab"));
        assert!(why(&pack("2-y", "0123456789abcdef")).contains("project 2-y is none of them"));
        let old = read("[pin]\ngrader = \"0.0.1\"\n").unwrap();
        assert!(
            old.admit(&pack("1-x", ""))
                .unwrap_err()
                .contains("pin grader 0.0.1, and this is")
        );
        assert_eq!(Overrides::default().admit(&pack("1-x", "")), Ok(()));
    }
}

//! Curricula: the order of projects and concepts, and what each check teaches.

use std::path::Path;

use grader::pack::Curriculum;

const GOOD: &str = r#"[[project]]
id = "1-a"
title = "A"
tier = 1
hours = 3
exists = true
[[project]]
id = "2-b"
title = "B"
tier = 2
exists = false
[[project]]
id = "3-c"
title = "C"
tier = 3
exists = false

[concept.tables]
title = "Tables"
tier = 1
page = "tables.md"
[concept.normal-forms]
title = "Normal forms"
tier = 2
after = ["tables"]
[concept.object-mapping]
title = "Object mapping"
tier = 2
after = ["normal-forms"]
[concept.authentication]
title = "Authentication"
tier = 3
[concept.roles]
title = "Roles"
tier = 3
after = ["authentication"]
[concept.git-workflow]
title = "Git"
tier = 3

[teaches]
"boot.never-answers" = "tables"
"#;

const PACK: &str = "[project]\nid = \"1-a\"\ntitle = \"A\"\ntier = 1\nhours = 3\nstages = [\"boot\", \"endpoints\"]\n[service]\nready = \"GET /healthz\"\n";
const CONTRACT: &str = "openapi: 3.1.0\npaths:\n  /a:\n    get: {operationId: listA, responses: {\"200\": {description: all}}}\n";

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn lint_with(
    curriculum: &str,
    more: &[(&str, String)],
) -> Result<Curriculum, Vec<(usize, String)>> {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "curriculum.toml", curriculum);
    write(dir.path(), "tables.md", "# Tables\n");
    write(dir.path(), "1-a/project.toml", PACK);
    write(dir.path(), "1-a/openapi.yaml", CONTRACT);
    for (file, text) in more {
        write(dir.path(), file, text);
    }
    Curriculum::load(dir.path(), None)
        .map_err(|e| e.problems.into_iter().map(|p| (p.line, p.what)).collect())
}

#[track_caller]
fn one(from: &str, to: &str, line: usize, what: &str) {
    let text = GOOD.replacen(from, to, 1);
    assert_ne!(text, GOOD);
    let problems = lint_with(&text, &[]).unwrap_err();
    assert!(problems.iter().all(|p| p.0 >= line), "{problems:#?}");
    assert_eq!(problems[0].0, line, "{problems:#?}");
    assert!(problems[0].1.contains(what), "{problems:#?}");
}

#[test]
fn a_good_curriculum_is_good() {
    let curriculum = lint_with(GOOD, &[]).unwrap();
    assert_eq!(curriculum.projects.len(), 3);
    assert_eq!(curriculum.concepts["roles"].after, ["authentication"]);
}

#[test]
fn tiers_are_in_order() {
    one(
        "tier = 2\nexists",
        "tier = 3\nexists",
        8,
        "stands where tier 2 does",
    );
}

#[test]
fn there_are_three_to_five_projects() {
    let four = GOOD.replacen("[concept.tables]", "[[project]]\nid = \"4-d\"\ntitle = \"D\"\ntier = 4\nexists = false\n[[project]]\nid = \"5-e\"\ntitle = \"E\"\ntier = 5\nexists = false\n[[project]]\nid = \"6-f\"\ntitle = \"F\"\ntier = 6\nexists = false\n[concept.tables]", 1);
    let problems = lint_with(&four, &[]).unwrap_err();
    assert!(problems[0].1.contains("has 6 projects"), "{problems:#?}");
}

#[test]
fn concepts_do_not_go_round_in_circles() {
    let text = GOOD.replacen("tier = 1\npage", "tier = 1\nafter = [\"tables\"]\npage", 1);
    let problems = lint_with(&text, &[]).unwrap_err();
    assert_eq!(problems, [(18, "`tables` stands on itself".to_owned())]);
}

#[test]
fn nothing_is_taught_before_what_it_stands_on() {
    one(
        "after = [\"tables\"]",
        "after = [\"tables\", \"authentication\"]",
        22,
        "stands on `authentication`, taught in tier 3",
    );
}

#[test]
fn normal_forms_come_before_object_mapping_and_authentication_before_roles() {
    one(
        "after = [\"normal-forms\"]",
        "after = [\"tables\"]",
        26,
        "does not stand on normalization",
    );
    one(
        "after = [\"authentication\"]",
        "after = []",
        33,
        "does not stand on authentication",
    );
}

#[test]
fn unknown_concepts_and_missing_pages_are_named() {
    one(
        "after = [\"tables\"]",
        "after = [\"tabels\"]",
        25,
        "no concept `tabels`",
    );
    one(
        "page = \"tables.md\"",
        "page = \"table.md\"",
        18,
        "table.md is not there",
    );
    one(
        "= \"tables\"\n",
        "= \"tabels\"\n",
        42,
        "no concept `tabels`",
    );
}

#[test]
fn a_check_asks_for_nothing_that_is_taught_later() {
    one(
        "\"boot.never-answers\" = \"tables\"",
        "\"boot.never-answers\" = \"roles\"",
        42,
        "asked from tier 1 on, and `roles` is taught in tier 3",
    );
}

#[test]
fn packs_and_curriculum_say_the_same() {
    one(
        "hours = 3",
        "hours = 4",
        2,
        "takes 4 hours here and 3 in its pack",
    );
    one("title = \"A\"", "title = \"Z\"", 2, "is called \"Z\" here");
    one(
        "tier = 2\nexists = false",
        "tier = 2\nexists = true",
        8,
        "is not there",
    );
}

#[test]
fn git_comes_no_later_than_the_fourth_tier() {
    let text = GOOD
        .replacen("[concept.tables]", "[[project]]\nid = \"4-d\"\ntitle = \"D\"\ntier = 4\nexists = false\n[[project]]\nid = \"5-e\"\ntitle = \"E\"\ntier = 5\nexists = false\n[concept.tables]", 1)
        .replacen("title = \"Git\"\ntier = 3", "title = \"Git\"\ntier = 5", 1);
    let problems = lint_with(&text, &[]).unwrap_err();
    assert!(
        problems[0].1.contains("`git-workflow` is taught in tier 5"),
        "{problems:#?}"
    );
}

#[test]
fn a_contract_keeps_what_the_one_before_promised() {
    let second = |contract: String| {
        let project = PACK
            .replace("1-a", "2-b")
            .replace("\"A\"", "\"B\"")
            .replace("tier = 1", "tier = 2\nafter = [\"1-a\"]");
        let text = GOOD.replacen("tier = 2\nexists = false", "tier = 2\nexists = true", 1);
        let text = text.replacen(
            "[concept.normal-forms]\n",
            "[concept.normal-forms]\npage = \"tables.md\"\n",
            1,
        );
        let text = text.replacen(
            "[concept.object-mapping]\n",
            "[concept.object-mapping]\npage = \"tables.md\"\n",
            1,
        );
        lint_with(
            &text,
            &[
                ("2-b/project.toml", project),
                ("2-b/openapi.yaml", contract),
            ],
        )
    };
    assert!(second(CONTRACT.to_owned()).is_ok());
    let problems = second(CONTRACT.replace("/a:", "/b:")).unwrap_err();
    assert!(
        problems[0]
            .1
            .contains("has no `GET /a`, which `1-a` promises"),
        "{problems:#?}"
    );
    let problems = second(CONTRACT.replace("\"200\"", "\"204\"")).unwrap_err();
    assert!(
        problems[0].1.contains("does not answer `GET /a` with 200"),
        "{problems:#?}"
    );
}

#[test]
fn a_misconception_has_words_and_checks() {
    let belief = "[[misconception]]\nid = \"x\"\ntitle = \"\"\ninstead = \"so\"\nask = \"why?\"\nchecks = []\n\n[teaches]";
    let problems = lint_with(&GOOD.replacen("[teaches]", belief, 1), &[]).unwrap_err();
    let whats: Vec<&str> = problems.iter().map(|p| p.1.as_str()).collect();
    assert_eq!(whats, ["`title` is empty", "`checks` is empty"]);
}

//! Which flaw proves which check: a reading of the patches' heads, without a run.

use anyhow::Result;
use grader::checks;
use grader::verify::{Kind, discover};

use crate::place::root;

pub(crate) fn run() -> Result<()> {
    let fixtures = discover(&root())?;
    let mut unproven = 0;
    for check in checks::all() {
        let flaws: Vec<_> = fixtures
            .iter()
            .filter(|f| f.kind == Kind::Flaw && f.expect.contains(check.id))
            .map(|f| {
                if f.expect.len() == 1 {
                    f.name.clone()
                } else {
                    format!("({})", f.name)
                }
            })
            .collect();
        if !flaws.iter().any(|f| !f.starts_with('(')) {
            unproven += 1;
        }
        println!(
            "{:<34} {}",
            check.id,
            if flaws.is_empty() {
                "none".into()
            } else {
                flaws.join(", ")
            }
        );
    }
    println!(
        "\n{} checks, {unproven} without a flaw of their own",
        checks::all().len()
    );
    Ok(())
}

//! The schema method: what to plant, what the tables hold, and what is wrong with them.

mod corpus;
mod plan;

use std::path::{Path, PathBuf};

use grader::pack::{Pack, PackSource};

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap().to_path_buf()
}

/// The pack of the corpus.
fn shop() -> Pack {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = root.join("fixtures/schema/shop");
    Pack::load(&PackSource::folder(folder), None).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A pack of the curriculum.
fn project(id: &str) -> Pack {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Pack::load(&PackSource::folder(root.join("projects").join(id)), None)
        .unwrap_or_else(|problems| panic!("{problems}"))
}

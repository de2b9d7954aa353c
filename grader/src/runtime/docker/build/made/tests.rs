use super::*;

fn made(files: &[(&str, &str)]) -> Result<Made, Trouble> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    make(&Submission::open(folder.path()).unwrap())
}

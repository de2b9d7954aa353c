use super::*;

/// A submission of these files; a name that ends with `@` is a link to what follows.
fn context(files: &[(&str, &str)]) -> Result<Context, Refused> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name.trim_end_matches('@'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match name.ends_with('@') {
            true => std::os::unix::fs::symlink(text, path).unwrap(),
            false => std::fs::write(path, text).unwrap(),
        }
    }
    let submission = Submission::open(folder.path()).unwrap();
    let context = Context::of(&submission, "FROM scratch\n".into())?;
    // The folder goes with this function; what is asked of its files is asked here.
    context.digest().unwrap();
    Ok(context)
}

fn sent(files: &[(&str, &str)]) -> Vec<String> {
    let context = context(files).unwrap();
    let entries = context.entries.iter();
    entries
        .map(|(path, kind)| match kind {
            EntryKind::Link(target) => format!("{} -> {}", path.display(), target.display()),
            EntryKind::Folder => format!("{}/", path.display()),
            EntryKind::File { .. } => path.display().to_string(),
        })
        .collect()
}

#[test]
fn junk_stays_and_links_go_as_links() {
    let files = [
        ("Dockerfile", "FROM a"),
        ("app.py", ""),
        ("node_modules/x.js", ""),
        (".git/config", ""),
        (".venv/pyvenv.cfg", ""),
        ("inside@", "app.py"),
        ("outside@", "../../etc/passwd"),
        ("absolute@", "/etc/passwd"),
    ];
    assert_eq!(
        sent(&files),
        [
            "absolute -> /etc/passwd",
            "app.py",
            "inside -> app.py",
            "outside -> ../../etc/passwd"
        ]
    );
}

#[test]
fn dockerignore_is_heard_and_sent() {
    let files = [
        ("Dockerfile", "FROM a"),
        (".dockerignore", "**\n!src/*.py"),
        ("src/a.py", ""),
        ("src/b.txt", ""),
        ("data/x", ""),
    ];
    assert_eq!(sent(&files), [".dockerignore", "src/", "src/a.py"]);
    let own = [
        ("Dockerfile", "FROM a"),
        (".dockerignore", "b"),
        ("Dockerfile.dockerignore", "a"),
        ("a", ""),
        ("b", ""),
    ];
    assert_eq!(
        sent(&own),
        [".dockerignore", "Dockerfile.dockerignore", "b"]
    );
    let bad = context(&[("Dockerfile", "FROM a"), (".dockerignore", "a\n!")]).unwrap_err();
    assert_eq!(
        bad,
        Refused::Ignore(".dockerignore, line 2 is no pattern: `!`".into())
    );
}

#[test]
fn equal_files_make_equal_archives() {
    let files = [("Dockerfile", "x"), ("b/a", "1"), ("a", "2"), ("l@", "a")];
    let sum = |files: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files.iter().filter(|(name, _)| !name.ends_with('@')) {
            std::fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let submission = Submission::open(folder.path()).unwrap();
        Context::of(&submission, "FROM scratch".into())
            .unwrap()
            .digest()
            .unwrap()
    };
    assert_eq!(sum(&files), sum(&files));
    assert_ne!(
        sum(&files),
        sum(&[("Dockerfile", "x"), ("b/a", "1"), ("a", "3")])
    );
    // What is read is the text that is sent, not the file.
    assert_eq!(
        sum(&files),
        sum(&[("Dockerfile", "y"), ("b/a", "1"), ("a", "2")])
    );
}

#[test]
fn the_archive_holds_modes_times_and_content() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{}/{}", "d".repeat(90), "f".repeat(120));
    for (name, text) in [
        ("run.sh", "#!/bin/sh"),
        (long.as_str(), "deep"),
        ("Dockerfile", "old"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder.path().join("run.sh"), mode).unwrap();
    let submission = Submission::open(folder.path()).unwrap();
    let context = Context::of(&submission, "FROM new".into()).unwrap();
    let mut bytes = Vec::new();
    context.pack(&mut bytes).unwrap();
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut found = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let header = entry.header();
        assert_eq!((header.mtime().unwrap(), header.uid().unwrap()), (TIME, 0));
        let mode = header.mode().unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        assert!(found.insert(path, (mode, text)).is_none());
    }
    let file = |mode: u32, text: &str| Some((mode, text.to_owned()));
    assert_eq!(found.remove("Dockerfile"), file(0o644, "FROM new"));
    assert_eq!(found.remove("run.sh"), file(0o755, "#!/bin/sh"));
    assert_eq!(found.remove(&long), file(0o644, "deep"));
    assert_eq!(found.remove(&"d".repeat(90)), file(0o755, ""));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn too_much_is_refused_with_what_makes_it_so() {
    let files = [
        ("data/a", 6 << 20),
        ("data/b", 5 << 20),
        ("src/x", 1 << 20),
        ("y", 10),
    ];
    let bounded = |max_bytes, max_files| {
        let files = files.iter().map(|(path, bytes)| (Path::new(*path), *bytes));
        bounded(files, 6, max_bytes, max_files)
    };
    assert_eq!(bounded(13 << 20, 6), Ok(()));
    let Err(Refused::TooLarge { what }) = bounded(10 << 20, 6) else {
        panic!("it is too large");
    };
    assert!(
        what.contains("13 MiB in 6 entries") && what.contains("at most 10 MiB"),
        "{what}"
    );
    assert!(
        what.contains("the most is in `data` (11 MiB, 2 files), `src` (1 MiB, 1 files)"),
        "{what}"
    );
    assert!(bounded(13 << 20, 5).is_err());
}

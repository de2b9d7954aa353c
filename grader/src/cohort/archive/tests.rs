//! Archives that people make, and archives that are made to hurt.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Bounds, Kind, Problem, unpack};

type Zip = ZipWriter<Cursor<Vec<u8>>>;

fn zipped(fill: impl FnOnce(&mut Zip)) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    fill(&mut zip);
    zip.finish().unwrap().into_inner()
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

fn files(names: &[&str]) -> Vec<u8> {
    zipped(|zip| {
        for name in names {
            zip.start_file(*name, stored()).unwrap();
            zip.write_all(b"text").unwrap();
        }
    })
}

/// A raw entry of a tar: name, kind, link target, content.
type Entry<'a> = (&'a [u8], tar::EntryType, &'a [u8], &'a [u8]);

/// A tar of raw entries.
fn tarred(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for (name, kind, target, content) in entries {
        let mut header = tar::Header::new_gnu();
        let gnu = header.as_gnu_mut().unwrap();
        gnu.name[..name.len()].copy_from_slice(name);
        gnu.linkname[..target.len()].copy_from_slice(target);
        header.set_entry_type(*kind);
        header.set_mode(0o755);
        header.set_size(content.len() as u64);
        header.set_cksum();
        out.append(&header, *content).unwrap();
    }
    out.into_inner().unwrap()
}

/// The place an archive is unpacked to, and what came of it.
fn tried(bytes: &[u8], kind: Kind, bounds: Bounds) -> (TempDir, Result<PathBuf, String>) {
    let place = tempfile::tempdir().unwrap();
    let (archive, folder) = (place.path().join("archive"), place.path().join("in"));
    fs::write(&archive, bytes).unwrap();
    fs::create_dir(&folder).unwrap();
    let result = unpack(&archive, kind, &folder, bounds).map_err(|problem| match problem {
        Problem::Refused(why) => why,
        Problem::Ours(fault) => panic!("it is not ours: {fault}"),
    });
    let mut beside: Vec<_> = fs::read_dir(place.path()).unwrap().collect();
    assert_eq!(beside.len(), 2, "nothing is written beside the folder");
    beside.clear();
    (place, result)
}

#[track_caller]
fn refuses(bytes: &[u8], kind: Kind, says: &str) {
    let (_place, result) = tried(bytes, kind, Bounds::USUAL);
    let why = result.unwrap_err();
    assert!(why.contains(says), "expected {says:?}: {why}");
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn one_folder_at_the_top_is_stepped_into_and_leftovers_are_left_out() {
    let names = [
        "ada-1/app.py",
        "ada-1/src/a.py",
        "__MACOSX/ada-1/._app.py",
        "ada-1/node_modules/x/index.js",
    ];
    let (_place, folder) = tried(&files(&names), Kind::Zip, Bounds::USUAL);
    let folder = folder.unwrap();
    assert!(folder.ends_with("in/ada-1"), "{folder:?}");
    assert_eq!(read(&folder, "src/a.py"), "text");
    assert!(!folder.join("node_modules").exists());
    let (_place, flat) = tried(&files(&["Procfile", "a/b"]), Kind::Zip, Bounds::USUAL);
    assert!(flat.unwrap().ends_with("in"));
}

#[test]
fn a_tar_keeps_what_may_be_executed_and_links_that_stay() {
    use tar::EntryType as E;
    let entries: [Entry<'_>; 5] = [
        (b"./", E::Directory, b"", b""),
        (b"./bin/run", E::Regular, b"", b"#!"),
        (b"./bin/again", E::Link, b"bin/run", b""),
        (b"./lib/run", E::Symlink, b"../bin/run", b""),
        (b"./Procfile", E::Regular, b"", b"web: bin/run"),
    ];
    let tar = tarred(&entries);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&tar).unwrap();
    let gz = gz.finish().unwrap();
    for (bytes, kind) in [(&tar, Kind::Tar), (&gz, Kind::TarGz)] {
        let (_place, folder) = tried(bytes, kind, Bounds::USUAL);
        let folder = folder.unwrap();
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.join("bin/run")).unwrap().permissions();
        assert_eq!(mode.mode() & 0o100, 0o100);
        assert_eq!(read(&folder, "lib/run"), "#!");
        assert_eq!(read(&folder, "bin/again"), "#!");
    }
}

#[test]
fn names_that_lead_out_are_refused() {
    for (name, says) in [
        ("../evil", "leads out of it"),
        ("a/../../evil", "leads out of it"),
        ("/etc/evil", "begins at the root of a disk"),
        ("C:/evil", "begins at the root of a disk"),
        ("..\\evil", "backslash"),
        ("a\u{7}b", "control character"),
    ] {
        refuses(&files(&["ok", name]), Kind::Zip, says);
        let entry = (
            name.as_bytes(),
            tar::EntryType::Regular,
            &b""[..],
            &b"x"[..],
        );
        refuses(&tarred(&[entry]), Kind::Tar, says);
    }
    let entry = (
        &b"caf\xe9.py"[..],
        tar::EntryType::Regular,
        &b""[..],
        &b"x"[..],
    );
    refuses(&tarred(&[entry]), Kind::Tar, "is not UTF-8");
    let long = "d/".repeat(60) + "x";
    refuses(&files(&[&long]), Kind::Zip, "too deep or too long");
    refuses(
        &files(&[&"x".repeat(300)]),
        Kind::Zip,
        "too deep or too long",
    );
    refuses(&files(&[&"x/".repeat(600)]), Kind::Zip, "is too long");
}

#[test]
fn names_that_meet_are_refused() {
    refuses(
        &files(&["app.py", "App.py"]),
        Kind::Zip,
        "differ only in case",
    );
    refuses(
        &files(&["src/a", "SRC/b"]),
        Kind::Zip,
        "differ only in case",
    );
    refuses(&files(&["a", "a/b"]), Kind::Zip, "is in it twice");
    let twice = (&b"app.py"[..], tar::EntryType::Regular, &b""[..], &b"x"[..]);
    refuses(&tarred(&[twice, twice]), Kind::Tar, "is in it twice");
    // A zip whose second name is changed to the first one, in the header and in the directory.
    let mut zip = files(&["app.py", "bpp.py"]);
    let places: Vec<usize> = (0..zip.len() - 6)
        .filter(|n| &zip[*n..n + 6] == b"bpp.py")
        .collect();
    for at in places {
        zip[at] = b'a';
    }
    refuses(&zip, Kind::Zip, "twice");
}

#[test]
fn links_that_lead_out_and_devices_are_refused() {
    use tar::EntryType as E;
    for (kind, target, says) in [
        (E::Symlink, &b"/etc/passwd"[..], "leads out of it"),
        (E::Symlink, b"../../secret", "leads out of it"),
        (E::Symlink, b"a/../../secret", "leads out of it"),
        (E::Symlink, b"", "leads out of it"),
        (E::Link, b"../secret", "leads out of it"),
        (E::Link, b"nowhere", "leads to no file of it"),
        (E::Char, b"", "a device, a pipe"),
        (E::Block, b"", "a device, a pipe"),
        (E::Fifo, b"", "a device, a pipe"),
        (E::GNUSparse, b"", ""),
    ] {
        refuses(&tarred(&[(b"x/link", kind, target, b"")]), Kind::Tar, says);
    }
    // Nothing is written through a link, not even one that stays.
    let through: [Entry<'_>; 2] = [
        (b"here", E::Symlink, b"there", b""),
        (b"here/file", E::Regular, b"", b"x"),
    ];
    refuses(&tarred(&through), Kind::Tar, "is in it twice");
    let zip = zipped(|zip| zip.add_symlink("x", "../../secret", stored()).unwrap());
    refuses(&zip, Kind::Zip, "leads out of it");
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let small = Bounds {
        archive: 1 << 20,
        bytes: 1 << 20,
        entries: 10,
        ratio: 10,
        slack: 1 << 16,
        ..Bounds::USUAL
    };
    let zeros = |bytes: usize| {
        zipped(|zip| {
            zip.start_file("zeros", SimpleFileOptions::default())
                .unwrap();
            zip.write_all(&vec![0; bytes]).unwrap();
        })
    };
    let why = |bytes: &[u8], kind| tried(bytes, kind, small).1.unwrap_err();
    assert!(why(&zeros(900 << 10), Kind::Zip).contains("10 times its size"));
    let loose = Bounds {
        ratio: 5_000,
        ..small
    };
    let large = tried(&zeros(2 << 20), Kind::Zip, loose).1.unwrap_err();
    assert!(large.contains("more than 1 MiB"), "{large}");
    let names: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert!(why(&files(&names), Kind::Zip).contains("more than 10 files"));
    let directory = b"PK\x01\x02".repeat(21);
    let listed = [directory, vec![0; 2_000]].concat();
    assert!(why(&listed, Kind::Zip).contains("more than 10 files"));
    assert!(why(&vec![0; 2 << 20], Kind::Zip).contains("1 MiB are allowed"));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    // A name that would be read into memory whole.
    let long = vec![b'x'; 1_100_000];
    let entry = (
        &b"name"[..],
        tar::EntryType::GNULongName,
        &b""[..],
        &long[..],
    );
    gz.write_all(&tarred(&[entry])).unwrap();
    let why = why(&gz.finish().unwrap(), Kind::TarGz);
    assert!(why.contains("too much"), "{why}");
}

#[test]
fn what_is_no_archive_is_said_so() {
    let whole = files(&["app.py"]);
    for bytes in [
        &b""[..],
        b"PK\x03\x04 and then nothing",
        &whole[..whole.len() / 2],
    ] {
        refuses(bytes, Kind::Zip, "cannot be read as a zip");
    }
    refuses(b"not gzip at all", Kind::TarGz, "cannot be read as a tar");
    let tar = tarred(&[(b"app.py", tar::EntryType::Regular, b"", &[7; 4000])]);
    refuses(&tar[..1500], Kind::Tar, "cannot be read");
    refuses(&zipped(|_| ()), Kind::Zip, "holds no files");
}

#[test]
fn kinds_go_by_the_end_of_the_name() {
    assert_eq!(Kind::of("ada.tar.gz"), Some((Kind::TarGz, "ada")));
    assert_eq!(Kind::of("Ada L.ZIP"), Some((Kind::Zip, "Ada L")));
    assert_eq!(Kind::of("x.tgz"), Some((Kind::TarGz, "x")));
    assert_eq!(Kind::of(".zip"), None);
    assert_eq!(Kind::of("notes.txt"), None);
}

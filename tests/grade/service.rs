//! Submissions small enough to read, in folders of their own.

use std::path::Path;

use tempfile::TempDir;

use crate::runtime::bench::{SERVICE, open_folder};

/// A folder with these files; `lib.py` is a service that answers every GET.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = open_folder();
    for (name, text) in [("lib.py", SERVICE)].iter().chain(files) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// A service whose `app.py` is this.
pub(crate) fn python(app: &str) -> TempDir {
    folder(&[("Procfile", "web: python3 app.py\n"), ("app.py", app)])
}

/// A service that is healthy on `/healthz` and does this with every other request, as `rude(request)`.
pub(crate) fn rude(manner: &str) -> TempDir {
    let app = "
healthy = lib.Handler.do_GET

def get(request):
    healthy(request) if request.path == '/healthz' else other(request)

def other(request):
    request.close_connection = True
    try:
        rude(request, request.wfile.write)
    except OSError:
        pass

lib.Handler.do_GET = get
for verb in ('POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'):
    setattr(lib.Handler, 'do_' + verb, other)
lib.serve()
";
    python(&format!(
        "import gzip, lib, threading, time\n\n{manner}\n{app}"
    ))
}

/// A folder with the pack of project 1-listings in `1-listings`, and in its files each `old` replaced by `new`.
pub(crate) fn pack(changes: &[(&str, &str, &str)]) -> TempDir {
    let packs = open_folder();
    let pack = packs.path().join("1-listings");
    std::fs::create_dir(&pack).unwrap();
    let from = super::bench::root().join("projects/1-listings");
    for name in ["project.toml", "openapi.yaml"] {
        let mut text = std::fs::read_to_string(from.join(name)).unwrap();
        for (_, old, new) in changes.iter().filter(|(file, ..)| *file == name) {
            assert!(text.contains(old), "{name} holds no {old:?}");
            text = text.replacen(old, new, 1);
        }
        std::fs::write(pack.join(name), text).unwrap();
    }
    packs
}

/// As [`pack`], with a service given up after this many seconds.
pub(crate) fn impatient(seconds: u32) -> TempDir {
    let within = format!("within = \"{seconds}s\"");
    pack(&[("project.toml", "within = \"60s\"", &within)])
}

/// The folder as a command-line argument.
pub(crate) fn arg(folder: &TempDir) -> &str {
    let path: &Path = folder.path();
    path.to_str().unwrap()
}

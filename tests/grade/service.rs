//! Submissions small enough to read, in folders of their own.

use std::path::Path;

use tempfile::TempDir;

use crate::runtime::bench::{SERVICE, open_folder};

/// A folder with these files; `lib.py` is a service that answers every GET.
pub(super) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = open_folder();
    for (name, text) in [("lib.py", SERVICE)].iter().chain(files) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// A service whose `app.py` is this.
pub(super) fn python(app: &str) -> TempDir {
    folder(&[("Procfile", "web: python3 app.py\n"), ("app.py", app)])
}

/// A service that is healthy on `/healthz` and does this with every other request, as `rude(request)`.
pub(super) fn rude(manner: &str) -> TempDir {
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

/// The pack of project 1-listings with `from` replaced by `to` in one of its files.
pub(super) fn pack(file: &str, changes: &[(&str, &str)]) -> TempDir {
    let pack = open_folder();
    let from = super::bench::root().join("projects/1-listings");
    for name in ["project.toml", "openapi.yaml"] {
        let mut text = std::fs::read_to_string(from.join(name)).unwrap();
        if name == file {
            for (old, new) in changes {
                assert!(text.contains(old), "{name} holds no {old:?}");
                text = text.replacen(old, new, 1);
            }
        }
        std::fs::write(pack.path().join(name), text).unwrap();
    }
    pack
}

/// The pack of project 1-listings that gives up on a service after this many seconds.
pub(super) fn impatient(seconds: u32) -> TempDir {
    let within = format!("within = \"{seconds}s\"");
    pack("project.toml", &[("within = \"60s\"", &within)])
}

/// The folder as a command-line argument.
pub(super) fn arg(folder: &TempDir) -> &str {
    let path: &Path = folder.path();
    path.to_str().unwrap()
}

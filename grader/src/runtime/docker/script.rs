//! What runs inside our image of Postgres: its settings, and the two scripts that prepare and start it.

use super::cage::DATA;
use crate::runtime::postgres::{initdb_arguments, server_conf};

/// Where it all lies in the image.
pub(super) const FOLDER: &str = "/grader";

/// Everybody brings a password. The service and the relay are the only ones on the network; the operator's
/// password is new in every run and known to nobody on it.
pub(super) const HBA: &str = "\
host replication all all scram-sha-256
host all all all scram-sha-256
";

/// Copies the prepared directory to memory and starts the server on it. With `KEEP` in its environment the
/// container outlives the server, which can then be stopped and started while its data and its name stay.
pub(super) const START: &str = "\
set -e
mkdir -m 700 \"$DATA/pg\"
cp -a /grader/data/. \"$DATA/pg\"
if [ -z \"$KEEP\" ]; then exec postgres -D \"$DATA/pg\"; fi
trap 'exit 0' TERM INT
postgres -D \"$DATA/pg\" &
while :; do sleep 86400 & wait $!; done
";

/// Starts the server again on what is there.
pub(super) fn again() -> String {
    format!("exec postgres -D {DATA}/pg")
}

/// Ends the server by this signal; the line ends when the server's first process has.
pub(super) fn end(signal: &str) -> String {
    format!(
        "pid=$(head -n 1 {DATA}/pg/postmaster.pid) || exit 0; kill -{signal} $pid || exit 0; \
         while kill -0 $pid; do sleep 0.02; done"
    )
}

/// `postgresql.conf`: that of a local server, reached over the network alone.
pub(super) fn conf(major: u32) -> String {
    format!(
        "{}listen_addresses = '*'\nunix_socket_directories = ''\n",
        server_conf(major)
    )
}

/// Makes the directory, then runs the server on it until told to stop.
pub(super) fn bake(major: u32) -> String {
    let tries: Vec<String> = initdb_arguments(major)
        .iter()
        .map(|arguments| {
            format!(
                "initdb --pgdata {FOLDER}/data --pwfile {FOLDER}/secret {}",
                arguments.join(" ")
            )
        })
        .collect();
    format!(
        "set -e\n{}\nrm {FOLDER}/secret\ncp {FOLDER}/postgresql.conf {FOLDER}/pg_hba.conf {FOLDER}/data/\n\
         exec postgres -D {FOLDER}/data\n",
        tries.join(" || ")
    )
}

/// All of it as an archive for the root of a container. The folder is anybody's: which number the image's user
/// `postgres` has is its own business.
pub(super) fn packed(major: u32, password: &str) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut folder = tar::Header::new_gnu();
    folder.set_entry_type(tar::EntryType::Directory);
    folder.set_mode(0o777);
    folder.set_size(0);
    archive.append_data(&mut folder, &FOLDER[1..], std::io::empty())?;
    let files = [
        ("bake", bake(major)),
        ("start", START.replace("$DATA", DATA)),
        ("postgresql.conf", conf(major)),
        ("pg_hba.conf", HBA.to_owned()),
        ("secret", password.to_owned()),
    ];
    for (name, text) in files {
        let mut file = tar::Header::new_gnu();
        file.set_mode(0o644);
        file.set_size(text.len() as u64);
        archive.append_data(
            &mut file,
            format!("{}/{name}", &FOLDER[1..]),
            text.as_bytes(),
        )?;
    }
    archive.into_inner()
}

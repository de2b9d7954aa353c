//! How a server of ours is set. The text is part of the prepared copy's key: change it and a new one is made.

use serde::{Deserialize, Serialize};

/// What a server can do for us. What is missing makes some evidence impossible, never a verdict wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Plans, row counts and nested statements in the log (contrib module `auto_explain`).
    pub auto_explain: bool,
    /// Statement statistics (contrib extension `pg_stat_statements`, held in our own database).
    pub pg_stat_statements: bool,
    /// The log as JSON: Postgres 15 and later; before that CSV.
    pub json_log: bool,
}

impl Capabilities {
    /// Everything that this major version has when its contrib package is there.
    pub(crate) fn of(major: u32) -> Self {
        Self {
            auto_explain: true,
            pg_stat_statements: true,
            json_log: major >= 15,
        }
    }

    /// What is missing and what that costs, one sentence each; empty on a complete server.
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if !self.auto_explain {
            missing.push("the module auto_explain is not installed: no plans, row counts or nested statements (install the contrib package)");
        }
        if !self.pg_stat_statements {
            missing.push("the extension pg_stat_statements is not installed: no statement statistics (install the contrib package)");
        }
        missing
    }
}

/// Fast, quiet and repeatable. The data lives as long as a run, so nothing is made durable. Whatever would
/// make two equal runs read different rows (autovacuum, jit, parallel plans, shared scans) is off. Shared memory
/// is kept in the data directory, so that a server that was killed leaves none behind.
const BASE: &str = "\
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = logical
max_wal_senders = 10
max_replication_slots = 10
max_wal_size = 256MB
dynamic_shared_memory_type = mmap
shared_buffers = 64MB
max_connections = 250
superuser_reserved_connections = 10
password_encryption = 'scram-sha-256'
listen_addresses = '127.0.0.1'
unix_socket_permissions = 0700
autovacuum = off
jit = off
max_parallel_workers_per_gather = 0
synchronize_seqscans = off
track_io_timing = off
compute_query_id = on
deadlock_timeout = 200ms
timezone = 'UTC'
datestyle = 'ISO, MDY'
lc_messages = 'C'
log_timezone = 'UTC'
logging_collector = on
log_directory = 'log'
log_filename = 'server.log'
log_file_mode = 0600
log_rotation_size = 0
log_rotation_age = 0
log_lock_waits = on
log_checkpoints = off
log_parameter_max_length = -1
log_parameter_max_length_on_error = -1
";

/// auto_explain sleeps until a window opens; then it shows everything of every statement.
const AUTO_EXPLAIN: &str = "\
auto_explain.log_min_duration = -1
auto_explain.log_format = 'json'
auto_explain.log_analyze = on
auto_explain.log_buffers = on
auto_explain.log_timing = off
auto_explain.log_triggers = on
auto_explain.log_nested_statements = on
";

/// The whole `postgresql.conf` for a server with these capabilities.
pub(crate) fn conf(can: Capabilities) -> String {
    let mut preload = Vec::new();
    if can.auto_explain {
        preload.push("auto_explain");
    }
    if can.pg_stat_statements {
        preload.push("pg_stat_statements");
    }
    let log = if can.json_log { "jsonlog" } else { "csvlog" };
    let mut conf = format!(
        "{BASE}log_destination = '{log}'\nshared_preload_libraries = '{}'\n",
        preload.join(",")
    );
    if can.auto_explain {
        conf.push_str(AUTO_EXPLAIN);
    }
    if can.pg_stat_statements {
        conf.push_str("pg_stat_statements.track = 'all'\n");
    }
    conf
}

/// The whole `postgresql.conf` for a complete server of this major version.
pub(crate) fn server_conf(major: u32) -> String {
    conf(Capabilities::of(major))
}

/// `pg_hba.conf`: everybody brings a password, on the socket too, because a service may run as our own user.
/// The operator is let in by the socket alone. Its folder keeps other users out, never our own: where a service runs as
/// our own user, only the password stands between it and the operator.
pub(crate) fn hba(operator: &str) -> String {
    format!(
        "local all all scram-sha-256\n\
         local replication all scram-sha-256\n\
         host all {operator} all reject\n\
         host replication all 127.0.0.1/32 scram-sha-256\n\
         host all all 127.0.0.1/32 scram-sha-256\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_not_asked_for() {
        let bare = Capabilities {
            auto_explain: false,
            pg_stat_statements: false,
            json_log: false,
        };
        let conf = conf(bare);
        assert!(conf.contains("shared_preload_libraries = ''"));
        assert!(conf.contains("log_destination = 'csvlog'"));
        assert!(!conf.contains("auto_explain."));
        assert_eq!(bare.missing().len(), 2);
        assert!(Capabilities::of(14).missing().is_empty());
    }
}

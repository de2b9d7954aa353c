//! A private Postgres server: found or fetched, started from a prepared copy, and shared out by login.
//!
//! [`Binaries`] are found on this machine or fetched, a [`Cluster`] is one server process on a data directory of
//! its own, a [`Server`] is how we talk to a server (ours, or one in a container), a [`Database`] is what one
//! world of the service gets. Who may do what there is decided in two files: `login.rs` makes the logins,
//! `operator.rs` is the closed list of what is done as superuser once a learner may be there
//! (`prepare.rs` is done before).

mod account;
mod binaries;
mod cluster;
mod copy;
mod database;
mod fetch;
mod initdb;
mod log;
mod login;
mod memory;
mod operator;
mod place;
mod power;
mod prepare;
mod prepared;
mod process;
mod quote;
mod ready;
mod room;
mod search;
mod server;
mod session;
mod settings;
mod template;

pub use binaries::Binaries;
pub use cluster::{Cluster, ClusterOptions, StopMode};
pub use database::Database;
pub use fetch::fetch;
pub(crate) use initdb::arguments as initdb_arguments;
pub use log::{LogFormat, LogTail};
pub use login::Login;
pub use operator::{LockMode, Operator, ServiceSession, Slot, TableLock};
pub use power::Power;
pub(crate) use prepared::Prepared;
pub use quote::{ident, literal};
pub(crate) use room::judge as room_in;
pub use search::Search;
pub use server::{Adopt, Server};
pub(crate) use session::{Session, fault};
pub use settings::Capabilities;
pub(crate) use settings::server_conf;
pub use template::cache_folder;

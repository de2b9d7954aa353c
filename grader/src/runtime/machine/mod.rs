//! The machine we run on: its users, tools, folders, processes and sockets.

pub(crate) mod cache;
pub(crate) mod children;
pub(crate) mod copy;
pub(crate) mod environment;
pub(crate) mod lend;
pub(crate) mod lock;
pub(crate) mod packages;
mod passed;
pub(crate) mod shut;
pub(crate) mod sockets;
pub(crate) mod strays;
pub(crate) mod sweep;
pub(crate) mod tools;
pub(crate) mod user;
pub(crate) mod work;

//! Many submissions: batches that are stopped, resumed, shared and merged, and the instructor's last word.

mod course;
mod decided;
mod ends;
mod refused;

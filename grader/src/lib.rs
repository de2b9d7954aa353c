//! The grader: raises a learner's service beside a real Postgres, asks questions, keeps the evidence,
//! and turns the answers into feedback. Enter on the left, leave on the right: a room uses only rooms above it.

pub mod cli;
pub mod feedback;
pub mod model;
pub mod pack;
pub mod probe;
pub mod runtime;
pub mod submission;
pub mod report;
pub mod score;

//! The grader: raises a learner's service beside a real Postgres, asks questions, keeps the evidence,
//! and turns the answers into feedback. Enter on the left, leave on the right: a room uses only rooms above it.

pub mod model;

pub mod pack;
pub mod submission;

pub mod runtime;

pub mod probe;

pub mod schema;

pub mod check;
pub mod checks;

pub mod run;

pub mod score;

pub mod feedback;

pub mod report;

pub mod cohort;

pub mod verify;

pub mod cli;

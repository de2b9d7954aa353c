//! What a learner's tables hold, and whether each fact stands once.
//!
//! Nothing is guessed from names and nothing is discovered: the pack says what decides what, the facts we plant
//! refute everything else, and each column is known by the values in it.

pub mod theory;

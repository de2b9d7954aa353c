//! What a learner's tables hold, and whether each fact stands once.
//!
//! Nothing is guessed from names and nothing is discovered: the pack says what decides what ([`domain`]), the
//! facts we plant refute everything else ([`plan`]), and each column is known by the values in it.

pub mod domain;
pub mod facts;
pub mod judge;
pub mod label;
pub mod plan;
pub mod survey;
pub mod theory;

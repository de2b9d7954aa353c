//! Builds on an engine. Where none answers, these tests say so and assert nothing.

mod bench;
mod ends;
mod fails;

use std::time::Duration;

use bench::Bench;

use super::*;
use crate::runtime::{Exited, Phase};

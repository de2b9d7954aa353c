//! One test binary: it drives the real program and keeps the house in order.

mod pack;

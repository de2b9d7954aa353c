//! The action and the templates: valid by their published schemas, and played as a runner would.

mod action;
mod schemas;
mod stage;
mod templates;
mod yaml;

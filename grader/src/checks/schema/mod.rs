//! It keeps each fact once, in the right place, with keys and indexes that hold.

mod deep_page_costs_more;
mod delete_scans_children;
mod duplicate_index;
mod fetches_too_much;
mod foreign_key_unindexed;
mod list_sorts_table;
mod no_index_path;
mod predicate_not_sargable;
mod query_per_row;
mod query_repeated;
mod rows_read_grow;
mod statement_per_row_written;
mod values_in_statement;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &values_in_statement::CHECK,
    &query_per_row::CHECK,
    &query_repeated::CHECK,
    &statement_per_row_written::CHECK,
    &duplicate_index::CHECK,
    &foreign_key_unindexed::CHECK,
    &no_index_path::CHECK,
    &predicate_not_sargable::CHECK,
    &fetches_too_much::CHECK,
    &rows_read_grow::CHECK,
    &list_sorts_table::CHECK,
    &deep_page_costs_more::CHECK,
    &delete_scans_children::CHECK,
];

//! It keeps each fact once, in the right place, with keys and indexes that hold.

mod deep_page_costs_more;
mod delete_scans_children;
mod duplicate_index;
mod fact_not_stored;
mod fact_stored_twice;
mod facts_in_document;
mod fetches_too_much;
mod foreign_key_unindexed;
mod key_part_depends;
mod kinds_in_one_table;
mod list_in_cell;
mod list_sorts_table;
mod names_and_values;
mod no_index_path;
mod partial_dependency;
mod predicate_not_sargable;
mod primary_key_missing;
mod query_per_row;
mod query_repeated;
mod reference_without_foreign_key;
mod repeating_columns;
mod required_nullable;
mod rows_read_grow;
mod rule_only_in_code;
mod sets_multiplied;
mod statement_per_row_written;
mod things_in_document;
mod type_unfit;
mod values_in_statement;

use crate::check::Check;

/// The checks of this stage, in the order in which a learner meets them.
pub(super) static STAGE: &[&Check] = &[
    &fact_not_stored::CHECK,
    &primary_key_missing::CHECK,
    &list_in_cell::CHECK,
    &repeating_columns::CHECK,
    &things_in_document::CHECK,
    &facts_in_document::CHECK,
    &names_and_values::CHECK,
    &kinds_in_one_table::CHECK,
    &partial_dependency::CHECK,
    &fact_stored_twice::CHECK,
    &key_part_depends::CHECK,
    &sets_multiplied::CHECK,
    &reference_without_foreign_key::CHECK,
    &required_nullable::CHECK,
    &rule_only_in_code::CHECK,
    &type_unfit::CHECK,
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

//! It keeps each fact once, in the right place, with keys and indexes that hold.

mod copies_not_atomic;
mod counter_drifts;
mod deep_page_costs_more;
mod delete_scans_children;
mod deletion_anomaly;
mod duplicate_index;
pub(super) mod duplicate_under_race;
mod fact_not_stored;
mod fact_stored_twice;
mod facts_in_document;
mod fetches_too_much;
mod foreign_key_unindexed;
mod insertion_anomaly;
pub(super) mod key_not_unique;
mod key_part_depends;
mod kinds_in_one_table;
mod list_in_cell;
mod list_sorts_table;
mod lost_update;
mod made_at_run_time;
mod migrations_differ;
mod names_and_values;
mod no_index_path;
mod orphan_left;
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
mod snapshot_not_frozen;
mod stale_copy;
mod statement_per_row_written;
mod things_in_document;
mod too_much_privilege;
mod type_unfit;
mod update_amplified;
pub(super) mod values_in_statement;
mod write_not_atomic;

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
    &stale_copy::CHECK,
    &update_amplified::CHECK,
    &copies_not_atomic::CHECK,
    &snapshot_not_frozen::CHECK,
    &insertion_anomaly::CHECK,
    &deletion_anomaly::CHECK,
    &orphan_left::CHECK,
    &key_not_unique::CHECK,
    &write_not_atomic::CHECK,
    &lost_update::CHECK,
    &counter_drifts::CHECK,
    &duplicate_under_race::CHECK,
    &made_at_run_time::CHECK,
    &migrations_differ::CHECK,
    &too_much_privilege::CHECK,
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

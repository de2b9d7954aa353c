//! It keeps each fact once, in the right place, with keys and indexes that hold.

mod fact_not_stored;
mod fact_stored_twice;
mod facts_in_document;
mod key_part_depends;
mod kinds_in_one_table;
mod list_in_cell;
mod names_and_values;
mod partial_dependency;
mod primary_key_missing;
mod reference_without_foreign_key;
mod repeating_columns;
mod required_nullable;
mod rule_only_in_code;
mod sets_multiplied;
mod things_in_document;
mod type_unfit;

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
];

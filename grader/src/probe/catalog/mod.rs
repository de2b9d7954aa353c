//! What a learner declared in the database, read from `pg_catalog` alone.

mod index;
mod read;
mod rows;

pub use index::{Index, IndexKey};

use std::fmt;

/// Everything declared, as it was at one moment. What belongs to the system or to an extension is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalog {
    /// Base tables, by schema and name. A partitioned table stands once.
    pub tables: Vec<Table>,
    /// Views and materialised views, by schema and name.
    pub views: Vec<View>,
    /// Sequences, by schema and name.
    pub sequences: Vec<Sequence>,
    /// Names of the installed extensions, sorted; without `plpgsql`, which every database has.
    pub extensions: Vec<String>,
}

/// A base table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Its primary key.
    pub primary_key: Option<Key>,
    /// Its unique constraints, by name. Unique indexes that are no constraint stand in `indexes` alone.
    pub uniques: Vec<Key>,
    /// Its foreign keys, by name.
    pub foreign_keys: Vec<ForeignKey>,
    /// Its check constraints, by name.
    pub checks: Vec<CheckConstraint>,
    /// Its indexes, by name.
    pub indexes: Vec<Index>,
    /// Names of its triggers, sorted; without those that foreign keys need.
    pub triggers: Vec<String>,
    /// Whether it is partitioned.
    pub partitioned: bool,
    /// Whether policies decide who sees which row.
    pub row_security: bool,
    /// The tables that hold its rows, schema and name: itself, or its partitions.
    pub leaves: Vec<(String, String)>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as SQL spells it: `character varying(40)`, `numeric(10,2)`, `text[]`.
    pub type_name: String,
    /// The same, or the type below it if it is a domain.
    pub base_type: String,
    /// Whether it refuses NULL, by itself or by its domain.
    pub not_null: bool,
    /// Its default expression.
    pub default: Option<String>,
    /// Whether it is an identity column.
    pub identity: bool,
    /// Its expression, if it is a generated column.
    pub generated: Option<String>,
}

/// A primary key or a unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// Its columns in order.
    pub columns: Vec<String>,
    /// Whether it may be checked at the end of the transaction.
    pub deferrable: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name.
    pub name: String,
    /// The referring columns.
    pub columns: Vec<String>,
    /// Schema and name of the table it refers to.
    pub references: (String, String),
    /// The columns referred to, in the order of `columns`.
    pub referenced: Vec<String>,
    /// What happens when the referred row is deleted.
    pub on_delete: Action,
    /// What happens when its key changes.
    pub on_update: Action,
    /// Whether it may be checked at the end of the transaction.
    pub deferrable: bool,
    /// Whether the rows that are there have been checked and new ones are.
    pub valid: bool,
}

/// What a foreign key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Refuses, at the end of the statement or of the transaction.
    NoAction,
    /// Refuses at once.
    Restrict,
    /// Deletes or changes the referring rows too.
    Cascade,
    /// Empties the referring columns.
    SetNull,
    /// Gives the referring columns their default.
    SetDefault,
}

/// A check constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckConstraint {
    /// Its name.
    pub name: String,
    /// The columns it speaks of.
    pub columns: Vec<String>,
    /// Its expression.
    pub expression: String,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// Whether it keeps its rows.
    pub materialized: bool,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The role that owns it.
    pub owner: String,
    /// Schema, table and column it numbers, if it belongs to one.
    pub numbers: Option<(String, String, String)>,
    /// Its smallest value.
    pub min: i64,
    /// Its greatest value.
    pub max: i64,
    /// Its step.
    pub step: i64,
}

/// Tables that migration tools keep their own books in.
const BOOKS: &[&str] = &[
    "__diesel_schema_migrations",
    "__efmigrationshistory",
    "_prisma_migrations",
    "_sqlx_migrations",
    "alembic_version",
    "ar_internal_metadata",
    "atlas_schema_revisions",
    "databasechangelog",
    "databasechangeloglock",
    "django_migrations",
    "flyway_schema_history",
    "goose_db_version",
    "knex_migrations",
    "knex_migrations_lock",
    "migrations",
    "mikro_orm_migrations",
    "pgmigrations",
    "refinery_schema_history",
    "schema_migrations",
    "seaql_migrations",
    "sequelizemeta",
    "typeorm_metadata",
    "__drizzle_migrations",
];

impl Table {
    /// Whether it is a migration tool's own, and no place for facts.
    pub fn is_bookkeeping(&self) -> bool {
        BOOKS.contains(&self.name.to_ascii_lowercase().as_str())
    }

    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

impl Catalog {
    /// The table with this schema and name.
    pub fn table(&self, schema: &str, name: &str) -> Option<&Table> {
        self.tables
            .iter()
            .find(|t| t.schema == schema && t.name == name)
    }
}

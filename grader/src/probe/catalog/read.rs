//! From rows of `pg_catalog` to a [`Catalog`].

use std::collections::BTreeMap;

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};

use super::rows::{
    COLUMNS, CONSTRAINTS, EXTENSIONS, INDEX_KEYS, INDEXES, LEAVES, RELATIONS, SEQUENCES, TRIGGERS,
};
use super::{
    Action, Catalog, CheckConstraint, Column, ForeignKey, Index, IndexKey, Key, Sequence, Table,
    View,
};
use crate::model::Fault;
use crate::runtime::postgres::{Session, fault};

type Result<T, E = tokio_postgres::Error> = std::result::Result<T, E>;

impl Catalog {
    /// Reads all of it, as of one moment.
    pub(crate) async fn read(session: &Session) -> Result<Self, Fault> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let read = async {
            session.batch_execute(begin).await?;
            let read = all(session).await;
            session.batch_execute("ROLLBACK").await?;
            read
        };
        read.await
            .map_err(|e| fault("reading the database's catalog", &e))
    }
}

async fn all(session: &Session) -> Result<Catalog> {
    let mut catalog = Catalog::default();
    let mut tables = BTreeMap::new();
    for row in session.query(RELATIONS, &[]).await? {
        let (schema, name, owner): (String, String, String) =
            (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        let kind: String = row.try_get(4)?;
        if kind == "v" || kind == "m" {
            let materialized = kind == "m";
            catalog.views.push(View {
                schema,
                name,
                owner,
                materialized,
            });
            continue;
        }
        let partitioned = kind == "p";
        let leaves = if partitioned {
            Vec::new()
        } else {
            vec![(schema.clone(), name.clone())]
        };
        let table = Table {
            schema,
            name,
            owner,
            partitioned,
            leaves,
            row_security: row.try_get(5)?,
            ..Table::default()
        };
        tables.insert(row.try_get::<_, u32>(0)?, table);
    }
    fill(session, &mut tables).await?;
    catalog.tables = tables.into_values().collect();
    catalog
        .tables
        .sort_by(|a, b| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
    for row in session.query(SEQUENCES, &[]).await? {
        catalog.sequences.push(sequence(&row)?);
    }
    for row in session.query(EXTENSIONS, &[]).await? {
        catalog.extensions.push(row.try_get(0)?);
    }
    Ok(catalog)
}

/// Reads what belongs to each table.
async fn fill(session: &Session, tables: &mut BTreeMap<u32, Table>) -> Result<()> {
    let all: Vec<u32> = tables.keys().copied().collect();
    let parted = tables
        .iter()
        .filter(|(_, t)| t.partitioned)
        .map(|(oid, _)| *oid);
    let parted: Vec<u32> = parted.collect();
    let of_all: [&(dyn ToSql + Sync); 1] = [&all];
    for row in session.query(COLUMNS, &of_all).await? {
        if let Some(table) = tables.get_mut(&row.try_get(0)?) {
            table.columns.push(column(&row)?);
        }
    }
    for row in session.query(CONSTRAINTS, &of_all).await? {
        if let Some(table) = tables.get_mut(&row.try_get(0)?) {
            constraint(table, &row)?;
        }
    }
    let mut indexes = indexes(session, &of_all).await?;
    for (oid, table) in tables.iter_mut() {
        table.indexes = indexes.remove(oid).unwrap_or_default();
    }
    for row in session.query(TRIGGERS, &of_all).await? {
        if let Some(table) = tables.get_mut(&row.try_get(0)?) {
            table.triggers.push(row.try_get(1)?);
        }
    }
    for row in session.query(LEAVES, &[&parted]).await? {
        if let Some(table) = tables.get_mut(&row.try_get(0)?) {
            table.leaves.push((row.try_get(1)?, row.try_get(2)?));
        }
    }
    Ok(())
}

fn column(row: &Row) -> Result<Column> {
    let expression: Option<String> = row.try_get(5)?;
    let is_generated: bool = row.try_get(7)?;
    let (default, generated) = if is_generated {
        (None, expression)
    } else {
        (expression, None)
    };
    Ok(Column {
        name: row.try_get(1)?,
        type_name: row.try_get(2)?,
        base_type: row.try_get(3)?,
        not_null: row.try_get(4)?,
        default,
        identity: row.try_get(6)?,
        generated,
    })
}

fn constraint(table: &mut Table, row: &Row) -> Result<()> {
    let (name, columns): (String, Vec<String>) = (row.try_get(1)?, row.try_get(3)?);
    let deferrable = row.try_get(4)?;
    let key = |name, columns| Key {
        name,
        columns,
        deferrable,
    };
    match row.try_get::<_, &str>(2)? {
        "p" => table.primary_key = Some(key(name, columns)),
        "u" => table.uniques.push(key(name, columns)),
        "f" => table.foreign_keys.push(ForeignKey {
            name,
            columns,
            references: (text(row, 6)?, text(row, 7)?),
            referenced: row.try_get(8)?,
            on_delete: action(row, 9)?,
            on_update: action(row, 10)?,
            deferrable,
            valid: row.try_get(5)?,
        }),
        _ => table.checks.push(CheckConstraint {
            name,
            columns,
            expression: text(row, 11)?,
        }),
    }
    Ok(())
}

/// The value, empty where there is none.
fn text(row: &Row, at: usize) -> Result<String> {
    Ok(row.try_get::<_, Option<String>>(at)?.unwrap_or_default())
}

fn action(row: &Row, at: usize) -> Result<Action> {
    Ok(match row.try_get::<_, &str>(at)? {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    })
}

/// Indexes by their table.
async fn indexes(
    session: &Session,
    tables: &[&(dyn ToSql + Sync)],
) -> Result<BTreeMap<u32, Vec<Index>>> {
    let mut parts: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
    for row in session.query(INDEX_KEYS, tables).await? {
        parts.entry(row.try_get(0)?).or_default().push(row);
    }
    let mut found: BTreeMap<u32, Vec<Index>> = BTreeMap::new();
    for row in session.query(INDEXES, tables).await? {
        let keys: i16 = row.try_get(8)?;
        let mut index = Index {
            name: row.try_get(2)?,
            method: row.try_get(3)?,
            unique: row.try_get(4)?,
            primary: row.try_get(5)?,
            usable: row.try_get(6)?,
            predicate: row.try_get(7)?,
            ..Index::default()
        };
        for part in parts.remove(&row.try_get(1)?).unwrap_or_default() {
            let column: Option<String> = part.try_get(2)?;
            if part.try_get::<_, i64>(1)? > i64::from(keys) {
                index.include.extend(column);
                continue;
            }
            index.keys.push(IndexKey {
                column,
                text: text(&part, 3)?,
                operator_class: text(&part, 4)?,
                collation: part.try_get(5)?,
                options: part.try_get(6)?,
            });
        }
        found.entry(row.try_get(0)?).or_default().push(index);
    }
    Ok(found)
}

fn sequence(row: &Row) -> Result<Sequence> {
    fn get<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T> {
        row.try_get(at)
    }
    let of: (Option<String>, Option<String>, Option<String>) =
        (get(row, 3)?, get(row, 4)?, get(row, 5)?);
    Ok(Sequence {
        schema: get(row, 0)?,
        name: get(row, 1)?,
        owner: get(row, 2)?,
        numbers: match of {
            (Some(schema), Some(table), Some(column)) => Some((schema, table, column)),
            _ => None,
        },
        min: get(row, 6)?,
        max: get(row, 7)?,
        step: get(row, 8)?,
    })
}

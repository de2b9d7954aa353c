//! An obstacle in a table: from some row on, nothing can be written to it. Made with the service's own rights.

use crate::model::Fault;
use crate::probe::catalog::Table;
use crate::probe::sql::{Editor, Ran};
use crate::runtime::postgres::ident;

/// A trigger that refuses, and what it counts with. Take it away again.
pub(crate) struct Obstacle<'e> {
    editor: &'e Editor,
    table: String,
}

/// What the database says of a row that it refuses here. No service says that by itself.
pub(crate) const WORDS: &str = "a disturbance for the sake of a test";

/// Its objects; a sequence counts, because it goes on counting when a transaction is taken back.
const NAME: &str = "grader_obstacle";

impl<'e> Obstacle<'e> {
    /// Refuses the row with this number, counted from now, and all after it. None when the service's role may not
    /// make a trigger there.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn put(
        editor: &'e Editor,
        table: &Table,
        row: usize,
    ) -> Result<Option<Self>, Fault> {
        let (schema, name) = (ident(&table.schema), ident(&table.name));
        let made = [
            format!("CREATE SEQUENCE {schema}.{NAME}"),
            format!(
                "CREATE FUNCTION {schema}.{NAME}() RETURNS trigger LANGUAGE plpgsql AS $grader$ BEGIN \
                 IF pg_catalog.nextval('{}.{NAME}'::pg_catalog.regclass) >= {row} THEN \
                 RAISE EXCEPTION '{WORDS}'; END IF; RETURN NEW; END $grader$",
                schema.replace('\'', "''")
            ),
            format!(
                "CREATE TRIGGER {NAME} BEFORE INSERT OR UPDATE ON {schema}.{name} \
                 FOR EACH ROW EXECUTE FUNCTION {schema}.{NAME}()"
            ),
        ];
        let obstacle = Self {
            editor,
            table: format!("{schema}.{name}"),
        };
        editor.run("BEGIN").await?;
        for sql in &made {
            if editor.run(sql).await?.refused().is_some() {
                editor.run("ROLLBACK").await?;
                return Ok(None);
            }
        }
        Ok(editor
            .run("COMMIT")
            .await?
            .refused()
            .is_none()
            .then_some(obstacle))
    }

    /// How many rows have met it.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn met(&self) -> Result<usize, Fault> {
        let schema = self.table.rsplit_once('.').map_or("", |(schema, _)| schema);
        let sql =
            format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {schema}.{NAME}");
        let Ran::Done { rows, .. } = self.editor.run(&sql).await? else {
            return Ok(0);
        };
        let cell = rows.into_iter().flatten().flatten().next();
        Ok(cell.and_then(|n| n.parse().ok()).unwrap_or_default())
    }

    /// Takes it away; false when somebody holds the table and does not let go.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn clear(self) -> Result<bool, Fault> {
        let schema = self.table.rsplit_once('.').map_or("", |(schema, _)| schema);
        for sql in [
            format!("DROP TRIGGER {NAME} ON {}", self.table),
            format!("DROP FUNCTION {schema}.{NAME}()"),
            format!("DROP SEQUENCE {schema}.{NAME}"),
        ] {
            if self.editor.run(&sql).await?.refused().is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

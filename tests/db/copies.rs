//! Rows that are copied many times over inside a database, and what statements have to read among them.

use std::collections::BTreeSet;

use grader::model::Statement;
use grader::probe::catalog::Catalog;
use grader::probe::sql::{Copies, Editor, Observer, Ran};

use super::cluster;

/// Keys of every kind, and columns that cannot just be anything.
const SCHEMA: &str = "
    CREATE SCHEMA shop;
    CREATE TABLE shop.country (code char(2) PRIMARY KEY CHECK (code ~ '^[A-Z]{2}$'));
    CREATE TABLE shop.venue (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, country char(2) NOT NULL REFERENCES shop.country,
        name varchar(12) NOT NULL UNIQUE, capacity int NOT NULL CHECK (capacity BETWEEN 1 AND 1000),
        loud text GENERATED ALWAYS AS (upper(name)) STORED);
    CREATE TYPE shop.state AS ENUM ('draft', 'published');
    CREATE TABLE shop.event (
        id uuid PRIMARY KEY, venue_id bigint NOT NULL REFERENCES shop.venue ON DELETE CASCADE,
        after uuid REFERENCES shop.event, state shop.state NOT NULL, word text NOT NULL, starts_at timestamptz NOT NULL,
        doc jsonb NOT NULL DEFAULT '{}');
    CREATE TABLE shop.ticket (event_id uuid REFERENCES shop.event, row int, seat int, PRIMARY KEY (event_id, row, seat));
    CREATE TABLE shop.customer (email text PRIMARY KEY CHECK (email ~ '^[^@~]+@[^@~]+$'));
    CREATE TABLE shop.loose (id serial PRIMARY KEY, event text NOT NULL, customer text NOT NULL);
    CREATE TABLE shop.audit (id serial PRIMARY KEY, what text);
    CREATE FUNCTION shop.note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO shop.audit (what) VALUES (NEW.name); RETURN NEW; END $$;
    CREATE TRIGGER note AFTER INSERT ON shop.venue FOR EACH ROW EXECUTE FUNCTION shop.note();
    INSERT INTO shop.country VALUES ('NL'), ('BE');
    INSERT INTO shop.venue (country, name, capacity) VALUES ('NL', 'Paradiso', 1000), ('BE', 'AB', 20), ('BE', 'Botanique', 7);
    INSERT INTO shop.event SELECT md5('a' || n)::uuid, 1 + n % 3, NULL, 'draft', 'open', now() FROM generate_series(1, 9) n;
    UPDATE shop.event SET after = md5('a1')::uuid WHERE id = md5('a2')::uuid;
    INSERT INTO shop.ticket SELECT id, r, s FROM shop.event, generate_series(1, 2) r, generate_series(1, 3) s;
    INSERT INTO shop.customer VALUES ('mara@example.com'), ('lind@example.com');
    INSERT INTO shop.loose (event, customer) SELECT id::text, 'mara@example.com' FROM shop.event;";

async fn prepared() -> (Catalog, Copies, impl Sized) {
    let (cluster, folder) = cluster().await;
    let database = cluster.create_database("main").await.unwrap();
    let editor = Editor::connect(&database).await.unwrap();
    assert_eq!(editor.run(SCHEMA).await.unwrap().refused(), None);
    let observer = Observer::connect(&database).await.unwrap();
    let catalog = observer.catalog().await.unwrap();
    let words = BTreeSet::from(["open".to_owned(), "closed".to_owned()]);
    let copies = Copies::of(editor, &catalog, &words, 40)
        .await
        .unwrap()
        .unwrap();
    (catalog, copies, (cluster, folder))
}

async fn cell(editor: &Editor, sql: &str) -> String {
    match editor.run(sql).await.unwrap() {
        Ran::Done { rows, .. } => rows[0][0].clone().unwrap_or_default(),
        Ran::Refused(refused) => panic!("{sql}: {}", refused.message),
    }
}

#[tokio::test]
async fn copies_refer_to_copies_and_break_no_rule() {
    let (_catalog, mut copies, _kept) = prepared().await;
    copies.grow_to(10).await.unwrap().unwrap();
    copies.grow_to(40).await.unwrap().unwrap();
    let rows: Vec<_> = copies
        .filled()
        .into_iter()
        .map(|f| (f.table, f.rows, f.grows))
        .collect();
    let filled = |table: &str, rows, grows| (format!("shop.{table}"), rows, grows);
    for expected in [
        filled("country", 2, false),
        filled("venue", 3 * 41, true),
        filled("event", 9 * 41, true),
        filled("ticket", 54 * 41, true),
        filled("customer", 2 * 41, true),
        filled("loose", 9 * 41, true),
    ] {
        assert!(rows.contains(&expected), "{expected:?} in {rows:?}");
    }
    let editor = copies.editor();
    for (expected, sql) in [
        // What was planted has what it had.
        ("3", "SELECT count(*) FROM shop.event WHERE venue_id = 1"),
        (
            "6",
            "SELECT count(*) FROM shop.ticket WHERE event_id = md5('a1')::uuid",
        ),
        (
            "1",
            "SELECT count(*) FROM shop.event WHERE after IS NOT NULL AND id = md5('a2')::uuid",
        ),
        // Copies are whole worlds of their own, also where no foreign key says so.
        (
            "41",
            "SELECT count(*) FROM shop.event WHERE after IS NOT NULL",
        ),
        (
            "369",
            "SELECT count(*) FROM shop.loose JOIN shop.event ON event.id::text = loose.event",
        ),
        (
            "9",
            "SELECT count(*) FROM shop.loose WHERE customer = 'mara@example.com'",
        ),
        ("82", "SELECT count(DISTINCT email) FROM shop.customer"),
        ("1", "SELECT count(DISTINCT word) FROM shop.event"),
        // Triggers slept: three rows were planted, and those were copied.
        ("123", "SELECT count(*) FROM shop.audit"),
        (
            "note",
            "SELECT tgname FROM pg_trigger WHERE tgenabled = 'O' AND NOT tgisinternal",
        ),
        (
            "369",
            "SELECT reltuples::int FROM pg_class WHERE oid = 'shop.event'::regclass",
        ),
    ] {
        assert_eq!(cell(editor, sql).await, expected, "{sql}");
    }
}

fn asks(sql: &str, values: &[&str]) -> Statement {
    Statement {
        sql: sql.to_owned(),
        parameters: values.iter().map(|v| Some((*v).to_owned())).collect(),
        session: 1,
        nested: false,
        sqlstate: None,
        rows: None,
        plan: None,
    }
}

#[tokio::test]
async fn the_best_plan_shows_what_indexes_are_good_for() {
    let (catalog, mut copies, _kept) = prepared().await;
    copies.grow_to(40).await.unwrap().unwrap();
    let editor = copies.editor();
    let read = async |statement: &Statement, before: &[String]| {
        let best = editor.best_plan(statement, &catalog, before).await.unwrap();
        best.map(|b| b.rows as u64)
    };
    // With an index, on however small a table.
    let by_key = asks("SELECT * FROM venue WHERE id = $1", &["2"]);
    assert_eq!(read(&by_key, &[]).await, Some(1));
    // Without: all of them. With one that is tried, and is gone again.
    let by_venue = asks("SELECT * FROM event WHERE venue_id = $1;", &["2"]);
    let index = ["CREATE INDEX ON shop.event (venue_id)".to_owned()];
    assert_eq!(read(&by_venue, &[]).await, Some(369));
    assert_eq!(read(&by_venue, &index).await, Some(3));
    assert_eq!(read(&by_venue, &[]).await, Some(369));
    // A join whose one side has an index reads no more than it must, whatever the planner likes better.
    let joined = asks(
        "SELECT v.name FROM shop.ticket t JOIN shop.event e ON e.id = t.event_id JOIN shop.venue v ON v.id = e.venue_id \
         WHERE t.event_id = $1",
        &["6dd4b0b8-3e4f-0d1c-9a5e-000000000000"],
    );
    assert_eq!(read(&joined, &[]).await, Some(0));
    // An index whose first key is open is walked from end to end.
    let by_seat = asks(
        "SELECT * FROM ticket WHERE seat = $1 AND row = $2",
        &["1", "1"],
    );
    assert_eq!(read(&by_seat, &[]).await, Some(54 * 41));
    // What a foreign key asks, whose values the log of older servers does not tell.
    let asked = asks(
        "SELECT 1 FROM ONLY shop.event x WHERE $1 OPERATOR(pg_catalog.=) venue_id FOR KEY SHARE OF x",
        &[],
    );
    assert_eq!(read(&asked, &[]).await, Some(369));
    assert_eq!(read(&asked, &index).await, Some(0));
    // What writes is taken back.
    let delete = asks(
        "DELETE FROM shop.ticket WHERE event_id = $1",
        &["cbd48c1a-0000-0000-0000-000000000000"],
    );
    assert_eq!(read(&delete, &[]).await, Some(0));
    let insert = asks(
        "INSERT INTO shop.audit (what) SELECT name FROM shop.venue",
        &[],
    );
    assert_eq!(read(&insert, &[]).await, Some(123));
    assert_eq!(cell(editor, "SELECT count(*) FROM shop.audit").await, "123");
    // Several statements in one text could end our transaction.
    let several = asks("SELECT * FROM event WHERE venue_id = 2; COMMIT", &[]);
    assert_eq!(read(&several, &index).await, None);
    assert_eq!(read(&by_venue, &[]).await, Some(369));
    assert_eq!(read(&asks("SELECT * FROM nowhere", &[]), &[]).await, None);
}

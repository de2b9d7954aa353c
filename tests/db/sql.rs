//! Reading as the observer, writing as the service's role.

use grader::probe::catalog::Action;
use grader::probe::sql::{Editor, Observer, Ran, Token};

use super::cluster;

const SCHEMA: &str = r#"
    CREATE SCHEMA "Odd one";
    CREATE DOMAIN money_amount AS numeric(10,2) NOT NULL CHECK (VALUE >= 0);
    CREATE TYPE state AS ENUM ('open', 'done');
    CREATE TABLE customer (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        email varchar(80) NOT NULL UNIQUE,
        lower_email text GENERATED ALWAYS AS (lower(email)) STORED);
    CREATE TABLE "Odd one"."Order ""x""" (
        id serial PRIMARY KEY,
        customer int NOT NULL REFERENCES customer ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        "Total due" money_amount,
        state state DEFAULT 'open',
        tags text[],
        extra jsonb,
        secret bytea,
        CONSTRAINT tagged CHECK (cardinality(tags) < 9));
    CREATE INDEX by_customer ON "Odd one"."Order ""x""" (customer) INCLUDE (state);
    CREATE UNIQUE INDEX one_open ON "Odd one"."Order ""x""" (customer) WHERE state = 'open';
    CREATE INDEX by_lower ON customer (lower(email) text_pattern_ops);
    CREATE TABLE visit (at date NOT NULL, who int) PARTITION BY RANGE (at);
    CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    CREATE VIEW open_orders AS SELECT * FROM "Odd one"."Order ""x""";
    CREATE TEMPORARY TABLE passing (a int);
    CREATE TABLE alembic_version (version text);
    CREATE TABLE nothing ();
    INSERT INTO nothing DEFAULT VALUES;
    INSERT INTO customer (email) VALUES ('Zq7ab12@example.test'), ('other@example.test');
    INSERT INTO "Odd one"."Order ""x""" (customer, "Total due", tags, extra, secret) VALUES
        (1, 4817.23, '{"zq7tag1","a
b	\\c"}', '{"city": "K\u00f6ln"}', 'zq7raw9');
    INSERT INTO visit VALUES ('2026-01-05', 1), ('2026-02-05', 311), ('2026-02-06', NULL);
"#;

async fn filled() -> (
    grader::runtime::postgres::Cluster,
    tempfile::TempDir,
    Observer,
    Editor,
) {
    let (cluster, folder) = cluster().await;
    let database = cluster.create_database("main").await.unwrap();
    let editor = Editor::connect(&database).await.unwrap();
    let ran = editor.run(SCHEMA).await.unwrap();
    assert_eq!(ran.refused(), None);
    let observer = Observer::connect(&database).await.unwrap();
    (cluster, folder, observer, editor)
}

#[tokio::test]
async fn the_catalog_says_what_was_declared() {
    let (_cluster, _folder, observer, _editor) = filled().await;
    let catalog = observer.catalog().await.unwrap();
    let names: Vec<_> = catalog.tables.iter().map(ToString::to_string).collect();
    let expected = [
        "Odd one.Order \"x\"",
        "public.alembic_version",
        "public.customer",
        "public.nothing",
        "public.visit",
    ];
    assert_eq!(names, expected);
    let order = &catalog.tables[0];
    let customer = catalog.table("public", "customer").unwrap();

    let due = order.column("Total due").unwrap();
    assert_eq!(
        (due.type_name.as_str(), due.base_type.as_str(), due.not_null),
        ("public.money_amount", "numeric(10,2)", true)
    );
    assert_eq!(order.column("tags").unwrap().type_name, "text[]");
    assert_eq!(
        order.column("state").unwrap().default.as_deref(),
        Some("'open'::public.state")
    );
    let email = customer.column("email").unwrap();
    assert_eq!(
        (email.type_name.as_str(), email.not_null),
        ("character varying(80)", true)
    );
    assert!(customer.column("id").unwrap().identity);
    let generated = customer.column("lower_email").unwrap();
    assert!(
        generated.generated.as_deref().unwrap().contains("lower("),
        "{generated:?}"
    );

    assert_eq!(order.primary_key.as_ref().unwrap().columns, ["id"]);
    assert_eq!(customer.uniques[0].columns, ["email"]);
    let key = &order.foreign_keys[0];
    assert_eq!(
        (key.columns.join(","), key.referenced.join(",")),
        ("customer".into(), "id".into())
    );
    assert_eq!(key.references, ("public".into(), "customer".into()));
    assert_eq!(
        (key.on_delete, key.on_update),
        (Action::Cascade, Action::NoAction)
    );
    assert!(key.deferrable && key.valid);
    assert_eq!(
        (order.checks[0].name.as_str(), &order.checks[0].columns[..]),
        ("tagged", &["tags".to_owned()][..])
    );

    let index = |name: &str| order.indexes.iter().find(|i| i.name == name).unwrap();
    assert_eq!(
        (
            index("by_customer").keys.len(),
            index("by_customer").include.join(",")
        ),
        (1, "state".into())
    );
    assert!(index("by_customer").finds(&key.columns));
    assert!(index("one_open").unique && index("one_open").predicate.is_some());
    assert!(!index("one_open").finds(&key.columns));
    let lower = customer
        .indexes
        .iter()
        .find(|i| i.name == "by_lower")
        .unwrap();
    assert_eq!(
        (
            lower.keys[0].column.as_deref(),
            lower.keys[0].operator_class.as_str()
        ),
        (None, "pg_catalog.text_pattern_ops")
    );
    assert!(customer.indexes.iter().any(|i| i.primary && i.usable));

    let visit = catalog.table("public", "visit").unwrap();
    assert_eq!((visit.partitioned, visit.leaves.len()), (true, 2));
    assert_eq!(catalog.views.len(), 1);
    assert!(
        catalog
            .table("public", "alembic_version")
            .unwrap()
            .is_bookkeeping()
    );
    let numbered: Vec<_> = catalog
        .sequences
        .iter()
        .filter_map(|s| s.numbers.clone())
        .map(|n| n.1)
        .collect();
    assert_eq!(numbered, ["Order \"x\"", "customer"]);
    assert!(catalog.extensions.is_empty());
}

#[tokio::test]
async fn extension_objects_are_left_out() {
    let (_cluster, _folder, observer, editor) = filled().await;
    let before = observer.catalog().await.unwrap();
    let ran = editor
        .run("CREATE EXTENSION citext; ALTER EXTENSION citext ADD TABLE alembic_version")
        .await
        .unwrap();
    assert_eq!(ran.refused(), None);
    let after = observer.catalog().await.unwrap();
    assert_eq!(after.extensions, ["citext"]);
    assert_eq!(after.tables.len(), before.tables.len() - 1);
}

#[tokio::test]
async fn rows_come_as_text_and_tokens_are_found_where_they_lie() {
    let (_cluster, _folder, observer, editor) = filled().await;
    let tables = observer.tables().await.unwrap();
    let table = |name: &str| tables.iter().find(|t| t.name == name).unwrap();
    let order = observer
        .rows(table("Order \"x\""), &["tags", "Total due", "no such"])
        .await
        .unwrap();
    assert_eq!(order.columns, ["Total due", "tags"]);
    let tags = "{zq7tag1,\"a\nb\t\\\\c\"}";
    assert_eq!(
        order.rows,
        [[Some("4817.23".to_owned()), Some(tags.to_owned())]]
    );
    assert!(!order.cut);
    let customers = observer.rows(table("customer"), &[]).await.unwrap();
    assert_eq!(
        customers.columns,
        ["id", "email"],
        "generated columns are no facts"
    );
    assert_eq!(observer.count(table("visit")).await.unwrap(), 3);
    assert_eq!(observer.count(table("nothing")).await.unwrap(), 1);
    let visits = observer.rows(table("visit"), &["who"]).await.unwrap();
    assert!(visits.rows.contains(&vec![None]));

    let text = |t: &str| Token::Text(t.into());
    let tokens = [
        text("zq7ab12"),
        text("zq7tag1"),
        text("köln"),
        text("zq7raw9"),
        text("zq7absent"),
        Token::Number("4817.230".into()),
        Token::Number("311".into()),
    ];
    let hits = observer.find(&tokens).await.unwrap();
    let seen: Vec<_> = hits
        .iter()
        .map(|h| (&h.token, h.table.as_str(), h.column.as_str()))
        .collect();
    let odd = "Odd one.Order \"x\"";
    let expected = [
        (&tokens[5], odd, "Total due"),
        (&tokens[1], odd, "tags"),
        (&tokens[2], odd, "extra"),
        (&tokens[3], odd, "secret"),
        (&tokens[0], "public.customer", "email"),
        (&tokens[6], "public.visit", "who"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        hits[5].row,
        [Some("2026-02-05".to_owned()), Some("311".to_owned())]
    );

    editor.run("DROP TABLE visit").await.unwrap();
    assert_eq!(
        observer.count(table("visit")).await.unwrap(),
        0,
        "a table that is gone has no rows"
    );
}

#[tokio::test]
async fn more_rows_than_we_keep_are_cut_but_all_are_searched() {
    let (_cluster, _folder, observer, editor) = filled().await;
    editor
        .run("CREATE TABLE big AS SELECT 'x' || g AS a FROM generate_series(1, 60000) g")
        .await
        .unwrap();
    let tables = observer.tables().await.unwrap();
    let big = tables.iter().find(|t| t.name == "big").unwrap();
    let rows = observer.rows(big, &[]).await.unwrap();
    assert_eq!((rows.rows.len(), rows.cut), (50_000, true));
    assert_eq!(observer.count(big).await.unwrap(), 60_000);
    let hits = observer
        .find(&[Token::Text("x60000".into())])
        .await
        .unwrap();
    assert_eq!(hits.len(), 1);
    let hits = observer.find(&[Token::Text("x".into())]).await.unwrap();
    assert!(hits.len() <= 1000, "{}", hits.len());
}

#[tokio::test]
async fn an_editor_is_refused_as_the_service_would_be() {
    let (_cluster, _folder, observer, editor) = filled().await;
    let insert = "INSERT INTO customer (email) VALUES ('new@example.test') RETURNING email";
    let answers = editor.try_and_undo(&[insert]).await.unwrap();
    let Ran::Done {
        columns,
        rows,
        affected,
    } = &answers[0]
    else {
        panic!("{answers:?}")
    };
    assert_eq!((columns.join(","), *affected), ("email".into(), 1));
    assert_eq!(rows, &[[Some("new@example.test".to_owned())]]);
    let orphan = r#"INSERT INTO "Odd one"."Order ""x""" (customer, "Total due") VALUES (99, 1)"#;
    let answers = editor.try_and_undo(&[orphan]).await.unwrap();
    assert_eq!(
        answers.len(),
        2,
        "the deferred constraint answers at the end: {answers:?}"
    );
    assert_eq!(answers[1].refused().unwrap().sqlstate, "23503");
    let twice = "INSERT INTO customer (email) VALUES ('other@example.test')";
    let refused = editor.run(twice).await.unwrap().refused().cloned().unwrap();
    assert_eq!(
        (refused.sqlstate.as_str(), refused.constraint.as_deref()),
        ("23505", Some("customer_email_key"))
    );
    let tables = observer.tables().await.unwrap();
    let customer = tables.iter().find(|t| t.name == "customer").unwrap();
    assert_eq!(observer.count(customer).await.unwrap(), 2, "nothing stayed");
}

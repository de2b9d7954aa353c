//! Services that already run: what is refused, and what can be graded of them.

use grader::model::WorldKind;
use grader::runtime::postgres::{Cluster, ClusterOptions};
use grader::runtime::{Choice, Options, Refusal, Stop, Trouble, WorldSpec, open};
use tokio_postgres::NoTls;

use super::bench::{Bench, open_folder, spec};

async fn refused(options: Options) -> String {
    match open(None, options).await {
        Err(Refusal::Usage(says)) => says,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

fn url(url: &str) -> Options {
    Options {
        url: Some(url.into()),
        ..Options::default()
    }
}

#[tokio::test]
async fn each_refusal_is_one_clear_message() {
    let says = refused(url("http://192.0.2.1:8080")).await;
    assert!(
        says.contains("192.0.2.1 is not this machine")
            && says.ends_with("if the service is yours to ask")
    );
    assert!(
        refused(url("localhost:8080"))
            .await
            .contains("neither http nor https")
    );
    assert!(refused(url("nonsense")).await.contains("not a URL"));
    assert!(
        refused(url("http://127.0.0.1:1/?a=b"))
            .await
            .contains("neither query nor fragment")
    );
    assert!(
        refused(Options {
            choice: Choice::Attach,
            ..Options::default()
        })
        .await
        .contains("--url http://127.0.0.1:8080")
    );
    let mixed = Options {
        choice: Choice::Local,
        ..url("http://127.0.0.1:1")
    };
    assert!(refused(mixed).await.contains("only --runtime attach"));
    let database = Options {
        database_url: Some("postgres://a@127.0.0.1/b".into()),
        ..Options::default()
    };
    assert!(
        refused(database)
            .await
            .starts_with("--database-url goes with --url")
    );
    let far = Options {
        database_url: Some("postgres://a:secret@192.0.2.1/b".into()),
        ..url("http://127.0.0.1:1")
    };
    let says = refused(far).await;
    assert!(
        says.contains("192.0.2.1 is not this machine") && !says.contains("secret"),
        "{says}"
    );
    let nobody = Options {
        database_url: Some("postgres://a:secret@127.0.0.1:1/b".into()),
        ..url("http://127.0.0.1:1")
    };
    let says = refused(nobody).await;
    assert!(
        says.contains("cannot log in") && !says.contains("secret"),
        "{says}"
    );
}

#[tokio::test]
async fn a_running_service_is_asked_and_never_stopped() {
    let bench = Bench::python("import lib; lib.serve()");
    let local = bench.open().await;
    let theirs = local.raise(&spec(20.0)).await.unwrap();
    let attached = open(None, url(&theirs.base_url(0))).await.unwrap();
    assert!(attached.why().contains("only what shows from outside"));
    let world = attached.raise(&spec(20.0)).await.unwrap();
    assert_eq!(world.base_url(0), theirs.base_url(0));
    assert!(world.database().is_none());
    for kind in [WorldKind::Fresh, WorldKind::Replicas, WorldKind::Short] {
        let raised = attached.raise(&WorldSpec::new("other", kind)).await;
        assert!(matches!(raised, Err(Trouble::Unsupported(_))), "{kind:?}");
    }
    let Err(Trouble::Unsupported(why)) = world.restart(Stop::Term).await else {
        panic!("restarted")
    };
    assert!(why.contains("did not start this service"));
    world.lower().await.unwrap();
    attached.close().await.unwrap();
    assert!(theirs.alive()[0].runs());
    theirs.stop(Stop::Kill).await.unwrap();
    let Err(Trouble::Story(story)) = attached.raise(&spec(0.3)).await else {
        panic!("it is gone")
    };
    assert_eq!(story.summary, "nobody listens at the address of --url");
    local.close().await.unwrap();
}

#[tokio::test]
async fn a_database_with_rows_is_left_alone_unless_told() {
    let folder = open_folder();
    let cluster = Cluster::start(ClusterOptions::new("attach-test", folder.path()))
        .await
        .unwrap();
    let database = cluster.create_database("theirs").await.unwrap();
    let (client, connection) = tokio_postgres::connect(&database.service_url, NoTls)
        .await
        .unwrap();
    let talk = tokio::spawn(connection);
    let with = |allow_data| Options {
        database_url: Some(database.service_url.clone()),
        allow_data,
        ..url("http://127.0.0.1:1")
    };
    let tables = "CREATE TABLE schema_migrations (v int); INSERT INTO schema_migrations VALUES (1);
                  CREATE TABLE venues (name text)";
    client.batch_execute(tables).await.unwrap();
    assert!(
        open(None, with(false)).await.is_ok(),
        "tables without rows, and a migration tool's"
    );
    client
        .batch_execute("INSERT INTO venues VALUES ('Paard')")
        .await
        .unwrap();
    let says = refused(with(false)).await;
    assert!(
        says.contains("the database is not empty: public.venues holds rows"),
        "{says}"
    );
    assert!(open(None, with(true)).await.is_ok());
    drop(client);
    talk.await.unwrap().unwrap();
}

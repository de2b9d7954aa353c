//! Where services keep data that belongs into the database.

use grader::runtime::StoreKind;

use super::bench::{Bench, spec};

#[tokio::test]
async fn a_database_file_a_data_file_and_a_connection_are_seen() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to = other.local_addr().unwrap();
    let app = format!(
        "import lib, sqlite3, socket, json\ndb = sqlite3.connect('data.db')\ndb.execute('create table t(a)')\ndb.commit()\n\
         json.dump([1, 2], open('things.json', 'w'))\nheld = socket.create_connection(('127.0.0.1', {}))\nlib.serve()",
        to.port()
    );
    let bench = Bench::python(&app);
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(20.0)).await.unwrap();
    let stores = world.stores().await.unwrap();
    let [database] = stores.databases.as_slice() else {
        panic!("{stores:?}")
    };
    assert_eq!(
        (database.path.as_str(), database.kind),
        ("data.db", StoreKind::Sqlite)
    );
    assert!(database.held && database.written);
    assert_eq!(
        stores
            .written
            .iter()
            .map(|f| f.path.as_str())
            .collect::<Vec<_>>(),
        ["things.json"]
    );
    assert_eq!(
        stores.outgoing.iter().map(|o| o.to).collect::<Vec<_>>(),
        [to]
    );
    runtime.close().await.unwrap();
}

#[tokio::test]
async fn a_service_that_keeps_nothing_shows_nothing() {
    let bench = Bench::python("import lib; lib.serve()");
    let runtime = bench.open().await;
    let world = runtime.raise(&spec(20.0)).await.unwrap();
    let stores = world.stores().await.unwrap();
    assert_eq!((stores.databases.len(), stores.outgoing.len()), (0, 0));
    assert!(stores.written.is_empty(), "{:?}", stores.written);
    runtime.close().await.unwrap();
}

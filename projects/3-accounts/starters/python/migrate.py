"""Runs the migrations that have not run yet, in the order of their names. All of them or none."""

from pathlib import Path

import db

db.open_pool()
with db.pool.connection() as connection:
    # If two releases run at once, the second waits here and finds nothing left to do.
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('migrations'))")
    connection.execute("CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY)")
    done = {row["name"] for row in connection.execute("SELECT name FROM schema_migration")}
    for file in sorted(Path(__file__).with_name("migrations").glob("*.sql")):
        if file.stem not in done:
            connection.execute(file.read_text(encoding="utf-8"))
            connection.execute("INSERT INTO schema_migration (name) VALUES (%s)", [file.stem])
            print("applied", file.stem)
db.pool.close()

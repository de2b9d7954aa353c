"""The connection pool. Use it so:

    with db.pool.connection() as connection:
        row = connection.execute("SELECT … WHERE id = %s", [key]).fetchone()

A row is a dict. The block is a transaction: it commits at its end and rolls back on an exception.
"""

import os
import sys

from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

pool: ConnectionPool


def open_pool() -> None:
    """Connects, and waits up to half a minute for a database that is still starting."""
    global pool
    url = os.environ.get("DATABASE_URL")
    if not url:
        sys.exit("DATABASE_URL is not set")
    pool = ConnectionPool(url, min_size=1, max_size=8, timeout=5, open=False, kwargs={"row_factory": dict_row})
    try:
        pool.open(wait=True, timeout=30)
    except PoolTimeout:
        pool.close()
        sys.exit("the database of DATABASE_URL does not answer")

// The connection pool. Use it so:
//
//   const { rows } = await pool.query("SELECT … WHERE id = $1", [id]);
//
// More than one statement in a transaction needs one connection: `const client = await pool.connect()`.

import pg from "pg";

if (!process.env.DATABASE_URL) {
  console.error("DATABASE_URL is not set");
  process.exit(1);
}

export const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 8,
  connectionTimeoutMillis: 5000,
});
// A connection that breaks while nobody uses it is no reason to end the process.
pool.on("error", (error) => console.error("database:", error.message));

/** Waits up to half a minute for a database that is still starting. */
export async function waitForDatabase() {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      await pool.query("SELECT 1");
      return;
    } catch (error) {
      if (Date.now() > end) {
        console.error("the database of DATABASE_URL does not answer:", error.message);
        process.exit(1);
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

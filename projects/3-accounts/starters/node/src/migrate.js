// Runs the migrations that have not run yet, in the order of their names. All of them or none.

import { readdir, readFile } from "node:fs/promises";
import { pool, waitForDatabase } from "./db.js";

const folder = new URL("../migrations/", import.meta.url);

await waitForDatabase();
const client = await pool.connect();
await client.query("BEGIN");
// If two releases run at once, the second waits here and finds nothing left to do.
await client.query("SELECT pg_advisory_xact_lock(hashtext('migrations'))");
await client.query("CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY)");
const { rows } = await client.query("SELECT name FROM schema_migration");
const done = new Set(rows.map((row) => row.name));
const files = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
for (const file of files.filter((file) => !done.has(file))) {
  await client.query(await readFile(new URL(file, folder), "utf8"));
  await client.query("INSERT INTO schema_migration (name) VALUES ($1)", [file]);
  console.log("applied", file);
}
await client.query("COMMIT");
client.release();
await pool.end();

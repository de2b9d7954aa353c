// Starts the service: settings and database first, then the port.

import { createServer } from "node:http";
import "./config.js";
import { pool, waitForDatabase } from "./db.js";
import { problem } from "./replies.js";
import { find } from "./routes.js";

const port = Number(process.env.PORT);
if (!Number.isInteger(port) || port < 1 || port > 65535) {
  console.error("PORT must be set to a number from 1 to 65535");
  process.exit(1);
}
await waitForDatabase();

const server = createServer(async (request, response) => {
  try {
    const url = new URL(`http://service${request.url}`);
    const { handler, params, allow } = find(request.method, url.pathname);
    if (handler) await handler({ request, response, params, query: url.searchParams });
    else if (allow.length > 0) {
      response.setHeader("Allow", allow.join(", "));
      problem(response, 405, "Method Not Allowed", "This path does not know the method.");
    } else problem(response, 404, "Not Found", "There is nothing at this path.");
  } catch (error) {
    console.error(error);
    if (response.headersSent) response.destroy();
    else problem(response, 500, "Internal Server Error", "The service has made a mistake.");
  }
});
server.on("error", (error) => {
  console.error(`cannot listen on port ${port}: ${error.message}`);
  process.exit(1);
});
server.listen(port, "0.0.0.0", () => console.log(`listening on port ${port}`));

// SIGTERM: take no more requests, finish those that have begun, leave.
process.on("SIGTERM", () => server.close(() => pool.end()));

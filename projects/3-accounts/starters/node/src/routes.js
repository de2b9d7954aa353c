// Which function answers which method and path. `:id` stands for one part of a path.

import { json } from "./replies.js";
import { unwritten } from "./unwritten.js";

const routes = [
  ["GET", "/healthz", ({ response }) => json(response, 200, { status: "ok" })],
  // Yours go here, for instance:
  //   ["POST", "/venues", createVenue],
  ...unwritten,
];

/** The handler for a request, or the methods that its path does know. */
export function find(method, path) {
  const onPath = routes
    .map(([verb, pattern, handler]) => ({ verb, handler, params: match(pattern, path) }))
    .filter((route) => route.params);
  const wanted = method === "HEAD" ? "GET" : method; // node leaves the body out for HEAD
  const { handler, params } = onPath.find((route) => route.verb === wanted) ?? {};
  return { handler, params, allow: [...new Set(onPath.map((route) => route.verb))] };
}

/** The values of the `:names` in a pattern, or null if the path does not fit. */
function match(pattern, path) {
  const names = pattern.split("/");
  const parts = path.split("/");
  if (names.length !== parts.length) return null;
  const params = {};
  for (const [at, name] of names.entries()) {
    if (name.startsWith(":") && parts[at] !== "") params[name.slice(1)] = parts[at];
    else if (name !== parts[at]) return null;
  }
  return params;
}

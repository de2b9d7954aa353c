// The two kinds of reply that have a body.

export function json(response, status, body) {
  send(response, status, "application/json", body);
}

/** An error, as RFC 9457 writes it. */
export function problem(response, status, title, detail) {
  send(response, status, "application/problem+json", { type: "about:blank", title, status, detail });
}

function send(response, status, type, body) {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { "Content-Type": type, "Content-Length": bytes.length });
  response.end(bytes);
}

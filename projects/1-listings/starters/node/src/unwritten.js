// What is left to write, in a good order. Take a line out when you have written its operation.

import { problem } from "./replies.js";

const operations = [
  ["createVenue", "POST", "/venues", "Check the body, insert a row, answer 201 with Location and the row."],
  ["getVenue", "GET", "/venues/:id", "Select one row by its key; none is a 404. Mind an id that is no number."],
  ["listVenues", "GET", "/venues", "Select in a total order, at most `limit` rows, go on after `cursor`."],
  ["updateVenue", "PATCH", "/venues/:id", "Change only the properties that the body names."],
  ["deleteVenue", "DELETE", "/venues/:id", "Delete the row, answer 204. If it still has events: 409."],
  ["createEvent", "POST", "/events", "Like a venue. A venue_id that does not exist is a 422."],
  ["getEvent", "GET", "/events/:id", "Like a venue. Mind the time: UTC, ending in Z."],
  ["listEvents", "GET", "/events", "Ordered by starts_at, then id; filters venue_id, from, to."],
  ["updateEvent", "PATCH", "/events/:id", "Like a venue."],
  ["deleteEvent", "DELETE", "/events/:id", "Delete the row, answer 204."],
];

/** One route for each, which says what to write. */
export const unwritten = operations.map(([operation, method, path, hint]) => {
  const first = operations[0][0];
  const order = operation === first ? "" : ` Write ${first} first.`;
  const detail = `${operation} is not written yet. ${hint}${order}`;
  return [method, path, ({ response }) => problem(response, 501, "Not Implemented", detail)];
});

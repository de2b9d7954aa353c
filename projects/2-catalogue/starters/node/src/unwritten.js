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
  ["listEvents", "GET", "/events", "Ordered by starts_at, then id; filters venue_id, from, to, performer, city."],
  ["updateEvent", "PATCH", "/events/:id", "Like a venue."],
  ["deleteEvent", "DELETE", "/events/:id", "Its line-up and ticket types go too. If tickets were bought: 409."],
  ["createPerformer", "POST", "/performers", "Like a venue, but a name may come twice."],
  ["getPerformer", "GET", "/performers/:id", "Like a venue."],
  ["listPerformers", "GET", "/performers", "Like the venues."],
  ["updatePerformer", "PATCH", "/performers/:id", "Like a venue."],
  ["deletePerformer", "DELETE", "/performers/:id", "Who is in a line-up stays: 409."],
  ["putLineup", "PUT", "/events/:id/lineup/:performer_id", "Insert the pair or change it, in one statement: 201 or 200."],
  ["getLineup", "GET", "/events/:id/lineup", "One statement with a join, however many play."],
  ["deleteLineup", "DELETE", "/events/:id/lineup/:performer_id", "Delete the pair; none is a 404."],
  ["createTicketType", "POST", "/events/:id/ticket-types", "Unknown event: 404. A name it has already: 409."],
  ["getTicketType", "GET", "/ticket-types/:id", "Like a venue."],
  ["listTicketTypes", "GET", "/events/:id/ticket-types", "A page of one event's. An unknown event is a 404."],
  ["updateTicketType", "PATCH", "/ticket-types/:id", "Like a venue. Not fewer than were sold: 409."],
  ["deleteTicketType", "DELETE", "/ticket-types/:id", "If some were bought: 409."],
  ["createOrder", "POST", "/orders", "In one transaction: lock, count what is left, find the customer, insert."],
  ["getOrder", "GET", "/orders/:id", "The customer as known today, the prices as they were."],
  ["listCustomers", "GET", "/customers", "Like the venues; filter email."],
  ["getCustomer", "GET", "/customers/:id", "Like a venue."],
  ["updateCustomer", "PATCH", "/customers/:id", "The name stands in one row; every order shows it."],
  ["venueSales", "GET", "/venues/:id/sales", "Let the database add up. Events without sales count zero."],
];

/** One route for each, which says what to write. */
export const unwritten = operations.map(([operation, method, path, hint]) => {
  const first = operations[0][0];
  const order = operation === first ? "" : ` Write ${first} first.`;
  const detail = `${operation} is not written yet. ${hint}${order}`;
  return [method, path, ({ response }) => problem(response, 501, "Not Implemented", detail)];
});

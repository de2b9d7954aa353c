//! What is left to write, in a good order. Take a line out when you have written its operation.

use axum::{
    Router,
    http::StatusCode,
    routing::{MethodFilter, on},
};
use deadpool_postgres::Pool;

use crate::problem::Problem;

const UNWRITTEN: &[(&str, MethodFilter, &str, &str)] = &[
    (
        "createVenue",
        MethodFilter::POST,
        "/venues",
        "Check the body, insert a row, answer 201 with Location and the row.",
    ),
    (
        "getVenue",
        MethodFilter::GET,
        "/venues/{id}",
        "Select one row by its key; none is a 404. Mind an id that is no number.",
    ),
    (
        "listVenues",
        MethodFilter::GET,
        "/venues",
        "Select in a total order, at most `limit` rows, go on after `cursor`.",
    ),
    (
        "updateVenue",
        MethodFilter::PATCH,
        "/venues/{id}",
        "Change only the properties that the body names.",
    ),
    (
        "deleteVenue",
        MethodFilter::DELETE,
        "/venues/{id}",
        "Delete the row, answer 204. If it still has events: 409.",
    ),
    (
        "createEvent",
        MethodFilter::POST,
        "/events",
        "Like a venue. A venue_id that does not exist is a 422.",
    ),
    (
        "getEvent",
        MethodFilter::GET,
        "/events/{id}",
        "Like a venue. Mind the time: UTC, ending in Z.",
    ),
    (
        "listEvents",
        MethodFilter::GET,
        "/events",
        "Ordered by starts_at, then id; filters venue_id, from, to, performer, city.",
    ),
    (
        "updateEvent",
        MethodFilter::PATCH,
        "/events/{id}",
        "Like a venue.",
    ),
    (
        "deleteEvent",
        MethodFilter::DELETE,
        "/events/{id}",
        "Its line-up and ticket types go too. If tickets were bought: 409.",
    ),
    (
        "createPerformer",
        MethodFilter::POST,
        "/performers",
        "Like a venue, but a name may come twice.",
    ),
    (
        "getPerformer",
        MethodFilter::GET,
        "/performers/{id}",
        "Like a venue.",
    ),
    (
        "listPerformers",
        MethodFilter::GET,
        "/performers",
        "Like the venues.",
    ),
    (
        "updatePerformer",
        MethodFilter::PATCH,
        "/performers/{id}",
        "Like a venue.",
    ),
    (
        "deletePerformer",
        MethodFilter::DELETE,
        "/performers/{id}",
        "Who is in a line-up stays: 409.",
    ),
    (
        "putLineup",
        MethodFilter::PUT,
        "/events/{id}/lineup/{performer_id}",
        "Insert the pair or change it, in one statement: 201 or 200.",
    ),
    (
        "getLineup",
        MethodFilter::GET,
        "/events/{id}/lineup",
        "One statement with a join, however many play.",
    ),
    (
        "deleteLineup",
        MethodFilter::DELETE,
        "/events/{id}/lineup/{performer_id}",
        "Delete the pair; none is a 404.",
    ),
    (
        "createTicketType",
        MethodFilter::POST,
        "/events/{id}/ticket-types",
        "Unknown event: 404. A name it has already: 409.",
    ),
    (
        "getTicketType",
        MethodFilter::GET,
        "/ticket-types/{id}",
        "Like a venue.",
    ),
    (
        "listTicketTypes",
        MethodFilter::GET,
        "/events/{id}/ticket-types",
        "A page of one event's. An unknown event is a 404.",
    ),
    (
        "updateTicketType",
        MethodFilter::PATCH,
        "/ticket-types/{id}",
        "Like a venue. Not fewer than were sold: 409.",
    ),
    (
        "deleteTicketType",
        MethodFilter::DELETE,
        "/ticket-types/{id}",
        "If some were bought: 409.",
    ),
    (
        "createOrder",
        MethodFilter::POST,
        "/orders",
        "In one transaction: lock, count what is left, find the customer, insert.",
    ),
    (
        "getOrder",
        MethodFilter::GET,
        "/orders/{id}",
        "The customer as known today, the prices as they were.",
    ),
    (
        "listCustomers",
        MethodFilter::GET,
        "/customers",
        "Like the venues; filter email.",
    ),
    (
        "getCustomer",
        MethodFilter::GET,
        "/customers/{id}",
        "Like a venue.",
    ),
    (
        "updateCustomer",
        MethodFilter::PATCH,
        "/customers/{id}",
        "The name stands in one row; every order shows it.",
    ),
    (
        "venueSales",
        MethodFilter::GET,
        "/venues/{id}/sales",
        "Let the database add up. Events without sales count zero.",
    ),
];

/// One route for each, which says what to write.
pub fn routes() -> Router<Pool> {
    let first = UNWRITTEN.first().map_or("", |(operation, ..)| operation);
    UNWRITTEN
        .iter()
        .fold(Router::new(), |router, &(operation, method, path, hint)| {
            let order = if operation == first {
                String::new()
            } else {
                format!(" Write {first} first.")
            };
            let detail = format!("{operation} is not written yet. {hint}{order}");
            router.route(
                path,
                on(method, async move || {
                    Problem(StatusCode::NOT_IMPLEMENTED, detail.clone())
                }),
            )
        })
}

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
        "Ordered by starts_at, then id; filters venue_id, from, to.",
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
        "Delete the row, answer 204.",
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

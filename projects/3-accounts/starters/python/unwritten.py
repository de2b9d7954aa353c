"""What is left to write, in a good order. Take a line out when you have written its operation."""

import json

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

UNWRITTEN = [
    ("createAccount", "POST", "/accounts", "Keep the password with Argon2id, scrypt, bcrypt or PBKDF2. A known address, in whatever letters: 409."),
    ("createSession", "POST", "/sessions", "Log in: compare the password, insert a session, answer 201 with two tokens. Else 401, always the same."),
    ("getMe", "GET", "/me", "Token to session to account, at every request. Write that as the guard of all that follows."),
    ("createVenue", "POST", "/venues", "For organisers; the caller is its owner. Insert a row, answer 201 with Location and the row."),
    ("getVenue", "GET", "/venues/<id>", "Select one row by its key; none is a 404. Mind an id that is no number."),
    ("listVenues", "GET", "/venues", "Select in a total order, at most `limit` rows, go on after `cursor`."),
    ("updateVenue", "PATCH", "/venues/<id>", "Change only the properties that the body names, and only for its owner."),
    ("deleteVenue", "DELETE", "/venues/<id>", "For its owner. Answer 204; if it still has events: 409."),
    ("createEvent", "POST", "/events", "At a venue of the caller. A venue_id that does not exist is a 422."),
    ("getEvent", "GET", "/events/<id>", "Like a venue. Mind the time: UTC, ending in Z."),
    ("listEvents", "GET", "/events", "Ordered by starts_at, then id; filters venue_id, from, to, performer, city."),
    ("updateEvent", "PATCH", "/events/<id>", "Like a venue. Whose is it? To which venue may it move?"),
    ("deleteEvent", "DELETE", "/events/<id>", "Its line-up and ticket types go too. If tickets were bought: 409."),
    ("createPerformer", "POST", "/performers", "Like a venue, but a name may come twice."),
    ("getPerformer", "GET", "/performers/<id>", "Like a venue."),
    ("listPerformers", "GET", "/performers", "Like the venues."),
    ("updatePerformer", "PATCH", "/performers/<id>", "Like a venue."),
    ("deletePerformer", "DELETE", "/performers/<id>", "Who is in a line-up stays: 409."),
    ("putLineup", "PUT", "/events/<id>/lineup/<performer_id>", "For the owner of the event. Insert the pair or change it, in one statement: 201 or 200."),
    ("getLineup", "GET", "/events/<id>/lineup", "One statement with a join, however many play."),
    ("deleteLineup", "DELETE", "/events/<id>/lineup/<performer_id>", "For the owner of the event. Delete the pair; none is a 404."),
    ("createTicketType", "POST", "/events/<id>/ticket-types", "For the owner of the event. Unknown event: 404. A name it has already: 409."),
    ("getTicketType", "GET", "/ticket-types/<id>", "Like a venue."),
    ("listTicketTypes", "GET", "/events/<id>/ticket-types", "A page of one event's. An unknown event is a 404."),
    ("updateTicketType", "PATCH", "/ticket-types/<id>", "Like a venue; its owner is the venue's. Not fewer than were sold: 409."),
    ("deleteTicketType", "DELETE", "/ticket-types/<id>", "If some were bought: 409."),
    ("createOrder", "POST", "/orders", "For customers. In one transaction: lock, count what is left, insert. Who buys, the token says."),
    ("listOrders", "GET", "/orders", "The caller's own, by a WHERE that cannot be left out."),
    ("getOrder", "GET", "/orders/<id>", "For who bought it and for an admin; to anybody else it is not there."),
    ("listCustomers", "GET", "/customers", "For an admin. Accounts whose role is customer; filter email."),
    ("getCustomer", "GET", "/customers/<id>", "For this customer and for an admin."),
    ("updateCustomer", "PATCH", "/customers/<id>", "The name stands in one row; every order shows it."),
    ("venueSales", "GET", "/venues/<id>/sales", "For the owner and for an admin. Let the database add up. Events without sales count zero."),
    ("deleteCurrentSession", "DELETE", "/sessions/current", "Both tokens of this session are dead from now on. Try it with a copy."),
    ("deleteSessions", "DELETE", "/sessions", "All of the caller's sessions end, this one too."),
    ("listSessions", "GET", "/sessions", "The caller's that have not ended, the newest first, and none of their tokens."),
    ("refreshSession", "POST", "/sessions/refresh", "Spend the token and make new ones, in one transaction. One that was spent before ends the session."),
    ("updateMe", "PATCH", "/me", "Only the name, whatever the body holds."),
    ("deleteMe", "DELETE", "/me", "Its sessions go too. An account that owns something, or has bought: 409."),
    ("changePassword", "POST", "/me/password", "Needs the password of today, else 403. All other sessions end."),
    ("requestPasswordReset", "POST", "/password-resets", "Always 202, and as quick for an unknown address. Keep a digest, mail the token."),
    ("confirmPasswordReset", "POST", "/password-resets/confirm", "A token works once: take it with a DELETE … RETURNING. All sessions end."),
    ("listAccounts", "GET", "/accounts", "For an admin. Like the venues."),
    ("getAccount", "GET", "/accounts/<id>", "For an admin."),
    ("updateAccount", "PATCH", "/accounts/<id>", "For an admin. A new role holds from the next request on."),
    ("deleteAccount", "DELETE", "/accounts/<id>", "For an admin. Like one's own."),
]


def add_unwritten(app: Flask) -> None:
    for operation, method, path, hint in UNWRITTEN:
        app.add_url_rule(path, operation, answer(operation, hint), methods=[method])
    app.register_error_handler(HTTPException, from_flask)


def answer(operation: str, hint: str):
    """A handler that says what to write."""
    first = UNWRITTEN[0][0]
    detail = f"{operation} is not written yet. {hint}"
    if operation != first:
        detail += f" Write {first} first."
    return lambda **_: problem(501, "Not Implemented", detail)


def from_flask(error: HTTPException) -> Response:
    """An unknown path, a wrong method, an exception nobody caught: in the format of the contract."""
    reply = problem(error.code, error.name, error.description)
    if getattr(error, "valid_methods", None):
        reply.headers["Allow"] = ", ".join(error.valid_methods)
    return reply


def problem(status: int, title: str, detail: str) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(json.dumps(body), status, content_type="application/problem+json")

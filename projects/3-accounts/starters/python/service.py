"""Starts the service. Operations are registered in `create_app`."""

import os
import signal
import sys

import waitress
from flask import Flask

import db
from config import settings
from unwritten import add_unwritten


def create_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/healthz", view_func=health)
    # Yours go here, for instance:
    #   app.add_url_rule("/accounts", view_func=accounts.create_account, methods=["POST"])
    add_unwritten(app)
    return app


def health():
    return {"status": "ok"}


def stop(_signal, _frame):
    """SIGTERM: the server finishes what it has begun, and `run` returns."""
    raise SystemExit


def main():
    port = os.environ.get("PORT", "")
    if not port.isdecimal():
        sys.exit("PORT must be set to a number")
    settings()
    db.open_pool()
    server = waitress.create_server(create_app(), host="0.0.0.0", port=int(port), threads=8)
    signal.signal(signal.SIGTERM, stop)
    print(f"listening on port {port}", flush=True)
    server.run()
    db.pool.close()


if __name__ == "__main__":
    main()

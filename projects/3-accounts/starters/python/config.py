"""What the environment says. A missing or unusable value ends the start with a sentence that names it."""

import os
import sys
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Settings:
    jwt_secret: bytes
    jwt_issuer: str
    jwt_audience: str
    access_ttl: int
    refresh_ttl: int
    reset_ttl: int
    login_max_attempts: int
    login_window: int
    admin_email: str
    admin_password: str
    smtp_host: str
    smtp_port: int
    cors_origin: str


@cache
def settings() -> Settings:
    """All of it, read once. Use it anywhere: `settings().access_ttl`."""
    smtp_host, smtp_port = _smtp_server()
    return Settings(
        jwt_secret=_secret("JWT_SECRET"),
        jwt_issuer=_required("JWT_ISSUER"),
        jwt_audience=_required("JWT_AUDIENCE"),
        access_ttl=_count("ACCESS_TTL_SECONDS", "900"),
        refresh_ttl=_count("REFRESH_TTL_SECONDS", "1209600"),
        reset_ttl=_count("RESET_TTL_SECONDS", "3600"),
        login_max_attempts=_count("LOGIN_MAX_ATTEMPTS", "10"),
        login_window=_count("LOGIN_WINDOW_SECONDS", "60"),
        admin_email=_required("ADMIN_EMAIL"),
        admin_password=_required("ADMIN_PASSWORD"),
        smtp_host=smtp_host,
        smtp_port=smtp_port,
        cors_origin=_required("CORS_ORIGIN"),
    )


def _required(name: str) -> str:
    return os.environ.get(name) or sys.exit(f"{name} is not set")


def _secret(name: str) -> bytes:
    secret = _required(name).encode()
    if len(secret) < 32:
        sys.exit(f"{name} must have 32 bytes or more: try `openssl rand -base64 32`")
    return secret


def _count(name: str, usual: str) -> int:
    text = os.environ.get(name, usual)
    if not text.isdecimal() or int(text) < 1:
        sys.exit(f"{name} must be a whole number, 1 or more")
    return int(text)


def _smtp_server() -> tuple[str, int]:
    url = urlsplit(_required("SMTP_URL"))
    if url.scheme != "smtp" or not url.hostname:
        sys.exit("SMTP_URL must be a URL such as smtp://localhost:1025")
    return url.hostname, url.port or 25

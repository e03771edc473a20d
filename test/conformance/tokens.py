"""JSON web tokens for the protected AgentOS instances."""

import time
from typing import Any

import jwt

SECRET = "a-secret-for-conformance-tests-of-32-bytes-and-more"


def token(
    *,
    scopes: list[str],
    expires_in: int = 3600,
    subject: str = "u1",
    secret: str = SECRET,
    algorithm: str = "HS256",
    **claims: Any,
) -> str:
    """Returns a signed token; `expires_in` is in seconds and may be negative. `claims` are added."""
    now = int(time.time())
    said = {"sub": subject, "scopes": scopes, "iat": now - 60, "exp": now + expires_in, **claims}
    return jwt.encode(said, secret, algorithm=algorithm)


def admin_token() -> str:
    """Returns a token with the admin scope."""
    return token(scopes=["agent_os:admin"])


def bearer(value: str) -> dict[str, str]:
    return {"authorization": f"Bearer {value}"}

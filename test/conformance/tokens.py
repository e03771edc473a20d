"""JSON web tokens for the AgentOS instances that ask for one."""

import time

import jwt

SECRET = "a-secret-for-conformance-tests-of-32-bytes-and-more"


def token(*, scopes: list[str], expires_in: int = 3600, subject: str = "u1", secret: str = SECRET) -> str:
    """A signed token; `expires_in` is in seconds and may be negative."""
    now = int(time.time())
    claims = {"sub": subject, "scopes": scopes, "iat": now - 60, "exp": now + expires_in}
    return jwt.encode(claims, secret, algorithm="HS256")


def admin_token() -> str:
    """May do everything."""
    return token(scopes=["agent_os:admin"])


def bearer(value: str) -> dict[str, str]:
    return {"authorization": f"Bearer {value}"}

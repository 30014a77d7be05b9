"""Authentication and rate limiting.

Invariants: token expiry uses the wall clock, and rate limits use the monotonic clock. Requests
rejected with 429 do not count towards the rate limit.
"""

from collections import deque
from math import ceil

from genesys_core.clock import Now
from genesys_core.http.messages import Request
from genesys_core.simulator.http.problems import too_many_requests, unauthorized_token
from genesys_core.simulator.state.credentials import IssuedToken
from genesys_core.simulator.state.memory import PlatformState, RateLimit

__all__ = ["authenticate_request", "spend_request"]


def authenticate_request(request: Request, state: PlatformState, now: Now) -> IssuedToken:
    """Return the token of a request.

    Raises:
        Problem: 401 if the token is missing, invalid or expired.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        raise unauthorized_token("authentication.required")
    token = state.tokens.get(value.strip())
    if scheme.lower() != "bearer" or token is None:
        raise unauthorized_token("bad.credentials")
    if now.wall >= token.expires:
        raise unauthorized_token("credentials.expired")
    return token


def spend_request(token: IssuedToken, limit: RateLimit, state: PlatformState, now: Now) -> None:
    """Count a request towards the rate limit of its token.

    Raises:
        Problem: 429 if the limit is exceeded, with ``Retry-After`` in seconds.
    """
    spent = state.spent.setdefault(token.value, deque())
    while spent and now.monotonic - spent[0] >= limit.window:
        spent.popleft()
    if len(spent) >= limit.limit:
        wait = spent[0] + limit.window - now.monotonic if spent else limit.window
        raise too_many_requests(max(1, ceil(wait)), limit.limit)
    spent.append(now.monotonic)

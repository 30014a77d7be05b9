"""Authentication, permissions and rate limiting.

Invariants: token expiry uses the wall clock, and rate limits use the monotonic clock. Requests
rejected with 429 do not count towards the rate limit.
"""

from collections import deque
from math import ceil

from genesys_core.clock import Now
from genesys_core.http.messages import Request
from genesys_core.simulator.http.problems import (
    missing_permissions,
    too_many_requests,
    unauthorized_token,
)
from genesys_core.simulator.state.credentials import IssuedToken
from genesys_core.simulator.state.definition import OperationFacts
from genesys_core.simulator.state.grants import find_missing_permissions
from genesys_core.simulator.state.memory import PlatformState, RateLimit

__all__ = ["authenticate_request", "check_permissions", "spend_request"]


def authenticate_request(request: Request, state: PlatformState, now: Now) -> IssuedToken:
    """Return the access token that a request carries.

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


def check_permissions(facts: OperationFacts, token: IssuedToken, state: PlatformState) -> None:
    """Check that a token's user has the permissions that an operation requires.

    For a token without a user, the permissions of the token's client are checked.

    Raises:
        Problem: 403, naming the missing permissions.
    """
    required = facts.required_permissions
    wanted = facts.permission_names
    missing = find_missing_permissions(state, token.user_id or token.client_id, wanted)
    is_any = required.type == "ANY"
    if missing and (not is_any or len(missing) == len(wanted)):
        raise missing_permissions(missing, is_any=is_any and len(wanted) > 1)


def spend_request(token: IssuedToken, limit: RateLimit, state: PlatformState, now: Now) -> None:
    """Count a request towards the rate limit of its token.

    Raises:
        Problem: 429 if the limit is exceeded, with ``Retry-After`` in seconds.
    """
    # The times of the requests in a sliding window, oldest first.
    spent = state.spent.setdefault(token.value, deque())
    while spent and now.monotonic - spent[0] >= limit.window:
        spent.popleft()
    if len(spent) >= limit.limit:
        wait = spent[0] + limit.window - now.monotonic if spent else limit.window
        raise too_many_requests(max(1, ceil(wait)), limit.limit)
    spent.append(now.monotonic)

"""What the calls of one client share.

Law: a session is an immutable value. What must happen once (exchanging a refresh token, taking a
place in the rate limit) is a step from one session to the next; adapters swap sessions under one
lock and decide nothing.
"""

import msgspec
from msgspec import Struct

from genesys_core.clock import Random
from genesys_core.errors import InvalidValueError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import LONGEST, Timeout
from genesys_core.session.pacing import Pacer
from genesys_core.session.retry import RETRIES_OFF, RetryConfiguration
from genesys_core.session.vault import Vault

__all__ = ["Session", "Settings", "check_deadline", "no_jitter"]


class Settings(Struct, frozen=True, kw_only=True):
    """What a client was told, checked. Swapped whole, never changed.

    Attributes:
        hosts: where requests go.
        headers: sent with every request, under those of a call.
        timeout: for each phase of a request.
        deadline: seconds for a whole call, or ``None``.
        retry: the client's retry configuration.
        strict: whether a reply that does not fit its type raises.
        refresh_token_wait_max: seconds that a call waits for another's token exchange.
        stores_tokens: whether the adapter has a token store; see :mod:`genesys_core.calls.token_transaction`.
        secrets: those on the way to the platform, such as a proxy's password.
    """

    hosts: Hosts
    headers: Headers = Headers()
    timeout: Timeout = Timeout()
    deadline: float | None = None
    retry: RetryConfiguration = RETRIES_OFF
    strict: bool = False
    refresh_token_wait_max: float = 10.0
    stores_tokens: bool = False
    secrets: KnownSecrets = KnownSecrets()

    def __post_init__(self) -> None:
        if not 0 <= self.refresh_token_wait_max <= LONGEST:
            raise InvalidValueError(
                f"refresh_token_wait_max={self.refresh_token_wait_max!r}: must be between 0 and "
                f"{LONGEST:g} seconds"
            )
        check_deadline(self.deadline)


def check_deadline(seconds: float | None) -> float | None:
    """A deadline that a call can have.

    Raises:
        InvalidValueError: it is no positive number of seconds, or more than a clock can count.
    """
    if seconds is not None and not 0 < seconds <= LONGEST:
        raise InvalidValueError(
            f"deadline={seconds!r}: must be above 0 seconds and at most {LONGEST:g}; None is for none"
        )
    return seconds


def no_jitter() -> float:
    """A :data:`~genesys_core.clock.Random` that always draws 0: no jitter."""
    return 0.0


class Session(Struct, frozen=True):
    """The state that calls share.

    Attributes:
        settings: the client's settings.
        vault: its token.
        random: for the jitter of waits.
        pacer: its place in the rate limit, or ``None`` for no pacing.
    """

    settings: Settings
    vault: Vault = Vault()
    random: Random = no_jitter
    pacer: Pacer | None = None

    def with_vault(self, vault: Vault) -> "Session":
        """The session with another vault."""
        return msgspec.structs.replace(self, vault=vault)

"""The state that one client's calls share.

Invariants: a session is an immutable value. Anything that must happen exactly once (exchanging a
refresh token, reserving a rate limit slot) is a step from one session to the next; adapters replace
the session under one lock and decide nothing.
"""

import msgspec
from msgspec import Struct

from genesys_core.clock import Random
from genesys_core.codec.unknown_fields import KeepUnknown
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
    """A client's validated settings. Replaced as a whole, never modified.

    Attributes:
        hosts: the API and login hosts.
        headers: headers that are sent with every request; a call's headers take precedence.
        timeout: timeouts for the phases of a request.
        deadline: seconds for a whole call, or ``None``.
        retry: the client's retry configuration.
        strict: whether a response that does not match its type raises ``DecodeError``.
        keep_unknown: which models keep unknown fields.
        refresh_token_wait_max: maximum seconds that a call waits for another call's token request.
        stores_tokens: whether the adapter has a token store; see
            :mod:`genesys_core.calls.token_transaction`.
        secrets: secrets that logs must not show, such as a proxy's password.
    """

    hosts: Hosts
    headers: Headers = Headers()
    timeout: Timeout = Timeout()
    deadline: float | None = None
    retry: RetryConfiguration = RETRIES_OFF
    strict: bool = False
    keep_unknown: KeepUnknown = True
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
    """Check a deadline, and return it.

    Raises:
        InvalidValueError: the deadline is not positive, or exceeds 1e9 seconds.
    """
    if seconds is not None and not 0 < seconds <= LONGEST:
        raise InvalidValueError(
            f"deadline={seconds!r}: must be more than 0 and at most {LONGEST:g} seconds; None disables it"
        )
    return seconds


def no_jitter() -> float:
    """A :data:`~genesys_core.clock.Random` that always returns 0: no jitter."""
    return 0.0


class Session(Struct, frozen=True):
    """The state that one client's calls share.

    Attributes:
        settings: the client's settings.
        vault: the state of the client's token.
        random: the source of random numbers for jitter.
        pacer: the rate limiter, or ``None`` if disabled.
    """

    settings: Settings
    vault: Vault = Vault()
    random: Random = no_jitter
    pacer: Pacer | None = None

    @property
    def known_secrets(self) -> KnownSecrets:
        """The secrets to redact in messages from servers, proxies and other sources."""
        return KnownSecrets.of((*self.settings.secrets.values, *self.vault.secrets()))

    def with_vault(self, vault: Vault) -> "Session":
        """Return the session with its vault replaced."""
        return msgspec.structs.replace(self, vault=vault)

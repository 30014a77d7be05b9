"""The token transaction: everything between acquiring and releasing the token lock.

Invariants: there is one transaction at a time. The adapter holds its token lock from
:func:`begin_transaction` until :class:`Ended`, performs each step, and decides nothing; if a
transaction is abandoned at any step, the next one starts afresh. A new token is stored in the
client before it is written to a token store, so a failure of the store cannot lose the token.

::

    begin_transaction -> Locking | Requesting | Ended
    Locking           -> Requesting | Saving | Deleting | Unlocking | Ended    (store_answered)
    Requesting        -> Requesting | Saving | Deleting | Unlocking | Ended    (response_received)
    Saving            -> Unlocking                                             (store_answered)
    Deleting          -> Unlocking                                             (store_answered)
    Unlocking         -> Ended                                                 (store_answered)

``docs/states.md`` has the diagram.

Without a token store (``Settings.stores_tokens``), a transaction only sends requests. With a store:

* Nothing is exchanged before the store has been locked and read: another process may have already
  renewed the token. Locking and reading take at most ``refresh_token_wait_max``.
* If the store cannot be locked or read, a grant that can be exchanged any number of times is
  exchanged anyway. Other grants are not, because another process may be using the same refresh
  token, or because the next refresh token could not be saved: a call then uses a token that is
  still valid, or raises the store's error, and nothing has been sent.
* If the new token cannot be written, it is used anyway, and written in the next transaction.
* The store's last failure is in ``Vault.store_failure``; adapters log each failure.
"""

from typing import Generic, TypeAlias, TypeVar, overload

from msgspec import Struct

from genesys_core.calls.lifecycle import NeedPermit, Raised, Returned, Sending
from genesys_core.calls.token_actions import ActionAnswer, Exchanging, Finished, TokenAction
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.oauth.token_store import TokenKey, TokenStoreError
from genesys_core.oauth.tokens import Token
from genesys_core.session.session import Session
from genesys_core.session.vault import Vault

__all__ = [
    "Deleting",
    "Ended",
    "Locking",
    "Requesting",
    "Saving",
    "StoreStep",
    "TransactionStep",
    "Unlocking",
    "begin_transaction",
    "caller_time_left",
    "caller_timed_out",
    "lock_timeout",
    "response_received",
    "store_answered",
]

R = TypeVar("R")


class Locking(Struct, Generic[R], frozen=True):
    """The step of locking the token store and loading the token for ``key``, within ``seconds``."""

    action: TokenAction[R]
    key: TokenKey
    seconds: float


class Requesting(Struct, Generic[R], frozen=True):
    """The step of driving the call in :attr:`state` to its end."""

    action: TokenAction[R]
    asked: Exchanging
    key: TokenKey | None

    @property
    def state(self) -> NeedPermit[Token] | Sending[Token]:
        """The state of the call that the driver must drive to its end."""
        return self.asked.state


class Saving(Struct, Generic[R], frozen=True):
    """The step of writing the token to the token store."""

    result: R
    key: TokenKey
    token: Token


class Deleting(Struct, Generic[R], frozen=True):
    """The step of deleting the token from the token store."""

    action: TokenAction[R]
    result: R
    key: TokenKey


class Unlocking(Struct, Generic[R], frozen=True):
    """The step of releasing the token store's lock."""

    result: R


class Ended(Struct, Generic[R], frozen=True):
    """The final state of a token transaction: release the token lock."""

    result: R


StoreStep: TypeAlias = Locking[R] | Saving[R] | Deleting[R] | Unlocking[R]
"""A step that the token store must perform; pass its result to :func:`store_answered`."""

_AfterLock: TypeAlias = Requesting[R] | Saving[R] | Deleting[R] | Unlocking[R]
"""The steps that can follow once the token store is locked."""

TransactionStep: TypeAlias = StoreStep[R] | Requesting[R] | Ended[R]
"""The states of a token transaction."""


def lock_timeout(action: TokenAction[R], session: Session, *, now: Now) -> float:
    """Return the timeout in seconds for the client's token lock or the store's lock."""
    left = session.settings.refresh_token_wait_max - (now.monotonic - action.since)
    if action.expires is not None:
        left = min(left, action.expires - now.monotonic)
    return max(left, 0.0)


def caller_time_left(action: TokenAction[R], *, now: Now) -> float | None:
    """Return the seconds after which an action's caller stops waiting; ``None`` for never."""
    return None if action.expires is None else max(action.expires - now.monotonic, 0.0)


def caller_timed_out(action: TokenAction[R], session: Session, *, now: Now) -> R:
    """Return the result for a caller whose :func:`caller_time_left` has passed.

    The transaction itself continues.

    Args:
        action: the action whose caller stops waiting.
        session: the current session.
        now: the current time; timers may be slightly early.
    """
    # As if the timer were exact: a moment earlier the action would not have timed out.
    late = now.monotonic if action.expires is None else max(now.monotonic, action.expires)
    return action.timed_out(session, now=Now(late, now.wall))


def begin_transaction(
    session: Session, action: TokenAction[R], *, now: Now
) -> tuple[Session, Locking[R] | Requesting[R] | Ended[R]]:
    """Begin a token transaction; return its first step.

    Args:
        session: the client's session.
        action: the action to perform on the client's token.
        now: the current time.
    """
    key = _key(session, action)
    # Before the store is locked: most calls find a valid token and need no lock.
    session, answer = action.reserve(session, now=now)
    # A token from elsewhere requires no request, but must be saved too.
    is_met = isinstance(answer, Finished) and not answer.forget_token and action.grant is None
    if is_met or key is None or not session.settings.stores_tokens:
        return _following_alone(session, action, answer, now)
    return session, Locking(action, key, lock_timeout(action, session, now=now))


def response_received(
    session: Session, step: Requesting[R], outcome: Returned[Token] | Raised, *, now: Now
) -> tuple[Session, _AfterLock[R] | Ended[R]]:
    """Apply the outcome of a token request to the session; return the next step."""
    session, answer = step.action.settle(session, step.asked, outcome, now=now)
    moved = step.key is not None and step.key.login != session.settings.hosts.login
    # The client changed its login host during the request; the token is valid at the old one only.
    if moved and isinstance(answer, Finished) and isinstance(outcome, Returned):
        return session, _kept_behind(step, answer.result, outcome.response.data)
    if step.key is None:
        return _following_alone(session, step.action, answer, now)
    return _following(session, step.action, answer, step.key)


@overload
def store_answered(
    session: Session, step: Locking[R], found: Token | TokenStoreError | None, *, now: Now
) -> tuple[Session, _AfterLock[R] | Ended[R]]: ...
@overload
def store_answered(
    session: Session,
    step: Saving[R] | Deleting[R],
    found: Token | TokenStoreError | None,
    *,
    now: Now,
) -> tuple[Session, Unlocking[R]]: ...
@overload
def store_answered(
    session: Session, step: Unlocking[R], found: Token | TokenStoreError | None, *, now: Now
) -> tuple[Session, Ended[R]]: ...
@overload
def store_answered(
    session: Session, step: StoreStep[R], found: Token | TokenStoreError | None, *, now: Now
) -> tuple[Session, TransactionStep[R]]: ...
def store_answered(
    session: Session, step: StoreStep[R], found: Token | TokenStoreError | None, *, now: Now
) -> tuple[Session, TransactionStep[R]]:
    """Apply the result of a token store's step to the session; return the next step.

    Args:
        session: the client's session.
        step: the step that the store performed.
        found: the token that was loaded, if any, or the store's failure.
        now: the current time.
    """
    failure = found if isinstance(found, TokenStoreError) else None
    match step:
        case Locking():
            if isinstance(found, TokenStoreError):
                return _without_store(session, step.action, found, now)
            return _with_store(session, step, found, now)
        case Saving():
            return _saved(session, step.token, failure), Unlocking(step.result)
        case Deleting():
            return session, Unlocking(_forgotten(session, step.action, step.result, failure, now))
        case Unlocking():
            return session, Ended(step.result)


def _with_store(
    session: Session, step: Locking[R], found: Token | None, now: Now
) -> tuple[Session, _AfterLock[R]]:
    # If the settings changed during the wait for the lock, the stored token is for another login host
    # or client id.
    if step.action.grant is None and step.key == _key(session, step.action):
        session = session.with_vault(session.vault.adopted(found, now=now))
    # A second time, because another process may have saved a token before it released the lock.
    session, answer = step.action.reserve(session, now=now)
    return _following(session, step.action, answer, step.key)


def _without_store(
    session: Session, action: TokenAction[R], failure: TokenStoreError, now: Now
) -> tuple[Session, Requesting[R] | Ended[R]]:
    # adopted(): the exchange that was reserved before the lock was never made.
    session = session.with_vault(session.vault.adopted(None, now=now).without_store(failure))
    session, answer = action.reserve(session, now=now)
    grant = answer.grant if isinstance(answer, Exchanging) else None
    # A single-use grant is not spent on a token that the store cannot keep: its successor would be
    # lost with the process.
    if grant is not None and not grant.repeatable:
        return session, Ended(action.refused(session, failure, now=now))
    return _following_alone(session, action, answer, now)


def _following(
    session: Session, action: TokenAction[R], answer: ActionAnswer[R], key: TokenKey
) -> tuple[Session, _AfterLock[R]]:
    """Return the step that follows an action's answer while the store is locked for ``key``."""
    if isinstance(answer, Exchanging):
        return session, Requesting(action, answer, key)
    if answer.forget_token:
        session = session.with_vault(session.vault.without_token())
        return session, Deleting(action, answer.result, key)
    token = session.vault.unsaved if key == _key(session, action) else None
    if token is None:
        return session, Unlocking(answer.result)
    return session, Saving(answer.result, key, token)


def _following_alone(
    session: Session, action: TokenAction[R], answer: ActionAnswer[R], now: Now
) -> tuple[Session, Requesting[R] | Ended[R]]:
    """Return the step that follows an action's answer if no store is locked."""
    if isinstance(answer, Exchanging):
        return session, Requesting(action, answer, None)
    if not answer.forget_token:
        return session, Ended(answer.result)
    # If the store failed in this transaction, the token is still in it.
    failure = session.vault.store_failure
    session = session.with_vault(session.vault.without_token())
    return session, Ended(_forgotten(session, action, answer.result, failure, now))


def _forgotten(
    session: Session, action: TokenAction[R], result: R, failure: GenesysCloudError | None, now: Now
) -> R:
    """Return the result of deleting a token; an error if the store still has the token."""
    if failure is None or isinstance(result, Raised):
        return result
    return action.refused(session, failure, now=now)


def _kept_behind(step: Requesting[R], result: R, token: Token) -> Saving[R] | Unlocking[R]:
    """Return the step that saves a token of the client's previous login host for a later return."""
    if step.key is None or step.asked.grant is None:
        return Unlocking(result)
    kept = Vault().signed_in(step.asked.grant, token)
    return Saving(result, step.key, kept.token or token)


def _saved(session: Session, token: Token, failure: TokenStoreError | None) -> Session:
    if failure is not None:
        return session.with_vault(session.vault.without_store(failure))
    if session.vault.unsaved != token:
        return session  # the login host has changed
    return session.with_vault(session.vault.saved())


def _key(session: Session, action: TokenAction[R]) -> TokenKey | None:
    grant = action.grant or session.vault.grant
    return None if grant is None else TokenKey.of(grant, session.settings.hosts)

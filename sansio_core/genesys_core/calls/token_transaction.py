"""The token transaction: what happens between taking the token lock and releasing it.

Law: one transaction at a time. The adapter holds its token lock from :func:`begin_transaction`
until :class:`Ended`, does what each step asks, and decides nothing; it may die at any step, and the
next transaction begins anew. A token that was exchanged is the client's before a store hears of it,
so that no store loses it.

::

    begin_transaction -> Locking | Requesting | Ended
    Locking           -> Requesting | Saving | Deleting | Unlocking | Ended    (store_answered)
    Requesting        -> Requesting | Saving | Deleting | Unlocking | Ended    (response_received)
    Saving            -> Unlocking                                             (store_answered)
    Deleting          -> Unlocking                                             (store_answered)
    Unlocking         -> Ended                                                 (store_answered)

``docs/states.md`` draws it.

Without a token store (``Settings.stores_tokens``) a transaction is requests and an end. With one:

* Nothing is exchanged before the store's lock is held and the store has been read: another process
  may have done it already. Both wait no longer than ``refresh_token_wait_max`` in all.
* Where the lock cannot be had, or the store not be read, a grant that can be exchanged any number
  of times is exchanged all the same. Any other is not, because somebody else may be spending the
  same refresh token, or because there is no place to keep the next one: a call goes on with a token
  that still lasts, or gets the store's error, and nothing has been sent.
* Where the new token cannot be written it is used all the same, and written at the next transaction.
* What a store failed at last is in ``Vault.store_failure``; adapters log each failure.
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
    """Take the store's lock for ``key`` within ``seconds``, and read the token there."""

    action: TokenAction[R]
    key: TokenKey
    seconds: float


class Requesting(Struct, Generic[R], frozen=True):
    """Drive the call in :attr:`state` to its end."""

    action: TokenAction[R]
    asked: Exchanging
    key: TokenKey | None

    @property
    def state(self) -> NeedPermit[Token] | Sending[Token]:
        """The call."""
        return self.asked.state


class Saving(Struct, Generic[R], frozen=True):
    """Write the token into the store."""

    result: R
    key: TokenKey
    token: Token


class Deleting(Struct, Generic[R], frozen=True):
    """Delete the token from the store."""

    action: TokenAction[R]
    result: R
    key: TokenKey


class Unlocking(Struct, Generic[R], frozen=True):
    """Give the store's lock back."""

    result: R


class Ended(Struct, Generic[R], frozen=True):
    """The transaction is over: give the token lock back."""

    result: R


StoreStep: TypeAlias = Locking[R] | Saving[R] | Deleting[R] | Unlocking[R]
"""What is asked of the store; :func:`store_answered` takes in how it went."""

_AfterLock: TypeAlias = Requesting[R] | Saving[R] | Deleting[R] | Unlocking[R]
"""What can follow once the store's lock is held."""

TransactionStep: TypeAlias = StoreStep[R] | Requesting[R] | Ended[R]
"""Where a transaction can be."""


def lock_timeout(action: TokenAction[R], session: Session, *, now: Now) -> float:
    """Seconds that an action waits for others, be it for the client's token lock or the store's."""
    left = session.settings.refresh_token_wait_max - (now.monotonic - action.since)
    if action.expires is not None:
        left = min(left, action.expires - now.monotonic)
    return max(left, 0.0)


def caller_time_left(action: TokenAction[R], *, now: Now) -> float | None:
    """Seconds after which its owner goes, though the transaction goes on; ``None`` for never."""
    return None if action.expires is None else max(action.expires - now.monotonic, 0.0)


def caller_timed_out(action: TokenAction[R], session: Session, *, now: Now) -> R:
    """The result of an action whose caller leaves after :func:`caller_time_left`.

    The transaction itself goes on.

    Args:
        action: the action.
        session: as it is by then.
        now: the moment, by a timer that may be a little early.
    """
    late = now.monotonic if action.expires is None else max(now.monotonic, action.expires)
    return action.timed_out(session, now=Now(late, now.wall))


def begin_transaction(
    session: Session, action: TokenAction[R], *, now: Now
) -> tuple[Session, Locking[R] | Requesting[R] | Ended[R]]:
    """The step of a session that begins a transaction.

    Args:
        session: the client's session.
        action: what somebody wants.
        now: the moment.
    """
    key = _key(session, action)
    session, answer = action.reserve(session, now=now)
    # One that brings a token from elsewhere has nothing to ask, and its token is to be kept too.
    is_met = isinstance(answer, Finished) and not answer.forget_token and action.grant is None
    if is_met or key is None or not session.settings.stores_tokens:
        return _following_alone(session, action, answer, now)
    return session, Locking(action, key, lock_timeout(action, session, now=now))


def response_received(
    session: Session, step: Requesting[R], outcome: Returned[Token] | Raised, *, now: Now
) -> tuple[Session, _AfterLock[R] | Ended[R]]:
    """The step of a session that takes in how a call ended."""
    session, answer = step.action.settle(session, step.asked, outcome, now=now)
    moved = step.key is not None and step.key.login != session.settings.hosts.login
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
    """The step of a session that takes in what came of a store's work.

    Args:
        session: the client's session.
        step: what was to be done.
        found: the token that was read, where one was; or the failure.
        now: the moment.
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
    if step.action.grant is None and step.key == _key(session, step.action):
        session = session.with_vault(session.vault.adopted(found))
    session, answer = step.action.reserve(session, now=now)
    return _following(session, step.action, answer, step.key)


def _without_store(
    session: Session, action: TokenAction[R], failure: TokenStoreError, now: Now
) -> tuple[Session, Requesting[R] | Ended[R]]:
    session = session.with_vault(session.vault.adopted(None).without_store(failure))
    session, answer = action.reserve(session, now=now)
    grant = answer.grant if isinstance(answer, Exchanging) else None
    if grant is not None and not grant.repeatable:
        return session, Ended(action.refused(session, failure, now=now))
    return _following_alone(session, action, answer, now)


def _following(
    session: Session, action: TokenAction[R], answer: ActionAnswer[R], key: TokenKey
) -> tuple[Session, _AfterLock[R]]:
    """What an action's answer means while the store's lock for ``key`` is held."""
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
    """What an action's answer means without a store, or without its lock."""
    if isinstance(answer, Exchanging):
        return session, Requesting(action, answer, None)
    if not answer.forget_token:
        return session, Ended(answer.result)
    failure = session.vault.store_failure
    session = session.with_vault(session.vault.without_token())
    return session, Ended(_forgotten(session, action, answer.result, failure, now))


def _forgotten(
    session: Session, action: TokenAction[R], result: R, failure: GenesysCloudError | None, now: Now
) -> R:
    """What forgetting came to: a store that still holds the token is nothing to be silent about."""
    if failure is None or isinstance(result, Raised):
        return result
    return action.refused(session, failure, now=now)


def _kept_behind(step: Requesting[R], result: R, token: Token) -> Saving[R] | Unlocking[R]:
    """The client has left a login host; its store has not, and may come back to it."""
    if step.key is None or step.asked.grant is None:
        return Unlocking(result)
    kept = Vault().signed_in(step.asked.grant, token)
    return Saving(result, step.key, kept.token or token)


def _saved(session: Session, token: Token, failure: TokenStoreError | None) -> Session:
    if failure is not None:
        return session.with_vault(session.vault.without_store(failure))
    if session.vault.unsaved != token:
        return session  # the client has moved meanwhile
    return session.with_vault(session.vault.saved())


def _key(session: Session, action: TokenAction[R]) -> TokenKey | None:
    grant = action.grant or session.vault.grant
    return None if grant is None else TokenKey.of(grant, session.settings.hosts)

"""What somebody may want of a client's token, and a call that needs one.

Law: an action is a value with pure steps, taken one at a time by
:mod:`genesys_core.calls.token_transaction`. It decides what is asked of the login host, and what
the answer means for the client.

What is wanted by hand is in :mod:`genesys_core.calls.auth_actions`.
"""

from typing import Generic, Protocol, TypeAlias, TypeVar

from msgspec import Struct

from genesys_core.calls.lifecycle import (
    Exchanging,
    NeedToken,
    Raised,
    Returned,
    Sending,
    reserve_token,
    settle_token,
)
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.oauth.grants import Grant
from genesys_core.oauth.tokens import Token
from genesys_core.session.session import Session

__all__ = ["ActionAnswer", "Finished", "ObtainForCall", "TokenAction", "obtain_for_call"]

T = TypeVar("T")
R = TypeVar("R")


class Finished(Struct, Generic[R], frozen=True):
    """The end of the matter.

    Attributes:
        result: what comes of the action.
        forget_token: whether the client's token is to be forgotten, by a store as well.
    """

    result: R
    forget_token: bool = False


ActionAnswer: TypeAlias = Exchanging | Finished[R]
"""A request to make, or the end of the matter."""


class TokenAction(Protocol[R]):
    """What a transaction asks of whoever wants something of the token."""

    @property
    def since(self) -> float:
        """When the wait for others began, on the monotonic clock."""
        ...

    @property
    def expires(self) -> float | None:
        """When it is too late, on the monotonic clock; ``None`` where nobody set a limit."""
        ...

    @property
    def grant(self) -> Grant | None:
        """The grant that the client goes on with; ``None`` for the one that it has."""
        ...

    def timed_out(self, session: Session, *, now: Now) -> R:
        """What comes of it where others, or its own request, took too long."""
        ...

    def reserve(self, session: Session, *, now: Now) -> tuple[Session, ActionAnswer[R]]:
        """The step of a session that says what to do."""
        ...

    def settle(
        self, session: Session, asked: Exchanging, outcome: Returned[Token] | Raised, *, now: Now
    ) -> tuple[Session, ActionAnswer[R]]:
        """The step of a session that takes in how a request ended, and says what follows."""
        ...

    def refused(self, session: Session, error: GenesysCloudError, *, now: Now) -> R:
        """What comes of it where the token store does not do its part."""
        ...


class ObtainForCall(Struct, Generic[T], frozen=True):
    """A call needs a token.

    Attributes:
        need: the state of the call.
        since: when it began to wait.
    """

    need: NeedToken[T]
    since: float

    @property
    def expires(self) -> float | None:
        """The call's deadline."""
        return self.need.call.expires

    @property
    def grant(self) -> None:
        """None: the client's own will do."""

    def timed_out(self, session: Session, *, now: Now) -> Sending[T] | Raised:
        """A token that still lasts, or the call's timeout."""
        return self.need.timed_out(session, now=now)

    def reserve(
        self, session: Session, *, now: Now
    ) -> tuple[Session, ActionAnswer[Sending[T] | Raised]]:
        """See :func:`~genesys_core.calls.lifecycle.reserve_token`."""
        session, step = reserve_token(session, self.need, now=now)
        return session, step if isinstance(step, Exchanging) else Finished(step)

    def settle(
        self,
        session: Session,
        asked: Exchanging,  # noqa: ARG002 - TokenAction
        outcome: Returned[Token] | Raised,
        *,
        now: Now,
    ) -> tuple[Session, ActionAnswer[Sending[T] | Raised]]:
        """See :func:`~genesys_core.calls.lifecycle.settle_token`."""
        session, state = settle_token(session, self.need, outcome, now=now)
        return session, Finished(state)

    def refused(
        self, session: Session, error: GenesysCloudError, *, now: Now
    ) -> Sending[T] | Raised:
        """A token that still lasts, or the store's error."""
        token = session.vault.fallback(self.need.rejected, now)
        if token is None:
            return self.need.refused(error)
        return self.need.granted(token, now=now)


def obtain_for_call(need: NeedToken[T], session: Session, *, now: Now) -> ObtainForCall[T]:
    """The need of a call as of now: failures from here on are this call's too."""
    return ObtainForCall(need.joined(session), now.monotonic)

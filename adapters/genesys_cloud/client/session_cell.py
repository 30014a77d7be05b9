"""A client's current session: the settings, token and rate limit that its calls share.

Invariants: a session is immutable. A step computes the next session under a lock that is never held
during I/O. Threads and event loops may share a cell.
"""

from collections.abc import Callable
from typing import Concatenate, NoReturn, ParamSpec, Self, TypeVar

from genesys_cloud.step_lock import StepLock
from genesys_core.session.session import Session

__all__ = ["SessionCell", "Unpicklable"]

P = ParamSpec("P")
R = TypeVar("R")


class Unpicklable:
    """Base class of objects that cannot be pickled, because they have connections and a token."""

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} has connections and a token and cannot be pickled; "
            "create a client in the other process, from the same arguments"
        )

    def __copy__(self) -> Self:
        # `copy.copy` would otherwise use `__reduce__`. A copy in this process shares all state.
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin


class SessionCell(Unpicklable):
    """Stores a client's current session; :meth:`apply` replaces the session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = StepLock()

    @property
    def session(self) -> Session:
        """The client's current session."""
        return self._session

    def apply(
        self,
        step: Callable[Concatenate[Session, P], tuple[Session, R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Call ``step`` with the session, store the session it returns, and return the step's result."""

        def change() -> R:
            while True:
                session = self._session
                after, answer = step(session, *args, **kwargs)
                # A call that is garbage-collected during this step applies another step in the same
                # thread, and this step must not undo that one.
                if self._session is session:
                    self._session = after
                    return answer

        return self._lock.run(change)

"""The one mutable cell of a client.

Invariant: the session in it is immutable; a step computes the next one and is applied under a lock that
is held for no I/O. Threads and event loops may share a cell.
"""

from collections.abc import Callable
from typing import Concatenate, NoReturn, ParamSpec, Self, TypeVar

from genesys_cloud.step_lock import StepLock
from genesys_core.session.session import Session

__all__ = ["SessionCell", "Unpicklable"]

P = ParamSpec("P")
R = TypeVar("R")


class Unpicklable:
    """Base of what belongs to one process, with its connections and its token."""

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds connections and a token and is not pickled; "
            "make a client in the other process, from the same arguments"
        )

    def __copy__(self) -> Self:
        # Which would pickle otherwise; a copy shares what it holds, within this process.
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin


class SessionCell(Unpicklable):
    """Holds the current session; :meth:`apply` replaces it by a step's result."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = StepLock()

    @property
    def session(self) -> Session:
        """The session as of now."""
        return self._session

    def apply(
        self,
        step: Callable[Concatenate[Session, P], tuple[Session, R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Apply one step and return its answer."""

        def change() -> R:
            self._session, answer = step(self._session, *args, **kwargs)
            return answer

        return self._lock.run(change)

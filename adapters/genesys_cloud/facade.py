"""One builder, two fluent methods.

Law: nothing is written twice. A :class:`Method` holds a pure builder and binds it to whichever
client it is read from: on a sync API it returns the value, on an async one a coroutine of it.
"""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload

from genesys_core.operation import Operation

if TYPE_CHECKING:
    from genesys_cloud.aio import AsyncClient
    from genesys_cloud.sync import Client

__all__ = ["AsyncApi", "Method", "SyncApi"]

P = ParamSpec("P")
T = TypeVar("T")


class SyncApi:
    """The methods of one API, bound to a :class:`~genesys_cloud.Client`."""

    def __init__(self, client: "Client") -> None:
        self.send = client.send


class AsyncApi:
    """The methods of one API, bound to an :class:`~genesys_cloud.AsyncClient`."""

    def __init__(self, client: "AsyncClient") -> None:
        self.send = client.send


class Method(Generic[P, T]):
    """A fluent method: builds the operation and sends it with the client it is bound to.

    The builder's name, signature and docstring shine through, so that editors show them.
    """

    __slots__ = ("__wrapped__",)

    def __init__(self, builder: Callable[P, Operation[T]]) -> None:
        self.__wrapped__ = builder

    @overload
    def __get__(self, instance: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(self, instance: SyncApi, owner: type[object]) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, instance: AsyncApi, owner: type[object]
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, instance: SyncApi | AsyncApi | None, owner: type[object]) -> object:
        if instance is None:
            return self
        send: Callable[[Operation[T]], object] = instance.send
        builder = self.__wrapped__

        def call(*args: P.args, **kwargs: P.kwargs) -> object:
            return send(builder(*args, **kwargs))

        call.__wrapped__ = builder  # type: ignore[attr-defined]
        call.__name__ = builder.__name__
        call.__doc__ = builder.__doc__
        return call

"""The synchronous client: one driver for any number of threads.

Law: the driver sends, sleeps and locks. Every decision is the core's.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, assert_never

from genesys_cloud._clock import read_clocks
from genesys_cloud._options import ClientOptions, network_of, session_of
from genesys_cloud._shared import SessionCell
from genesys_cloud.apis._clients import SyncApis
from genesys_cloud.transports import HttpxTransport, Transport
from genesys_core.lifecycle import (
    Exchanging,
    NeedToken,
    Raised,
    Returned,
    Sending,
    State,
    Waiting,
    reserve_token,
    settle_token,
    start,
)
from genesys_core.message import TransportFailure
from genesys_core.operation import Operation, QueryValue, raw_operation
from genesys_core.paging import Items, Paging, items_of
from genesys_core.replies import ApiResponse

__all__ = ["Client"]

T = TypeVar("T")


class Client(SyncApis):
    """A client of the platform; share one between threads, close it when done.

    ::

        with Client(region="eu_west_1", auth=ClientCredentials(client_id, secret)) as client:
            me = client.users.get_users_me(expand=["presence"])

    Each API is an attribute (``client.users``, ``client.routing``), each operation a method.

    Args:
        transport: sends requests instead of httpx; see :class:`~genesys_cloud.transports.Transport`.
        options: everything else; see :class:`~genesys_cloud._options.ClientOptions`.

    Raises:
        ConfigurationError: settings that contradict each other or cannot work.
        InvalidValueError: a region, host, header or number that cannot be used.
    """

    def __init__(
        self, *, transport: Transport | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        self._cell = SessionCell(session_of(options))
        self._transport = transport or HttpxTransport(network=network_of(options))
        self._token_lock = threading.Lock()

    def send(self, operation: Operation[T]) -> T:
        """Make a call and return what it returns.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        return self.send_raw(operation).data

    def send_raw(self, operation: Operation[T]) -> ApiResponse[T]:
        """Make a call and return the whole response: status, headers, data, raw body, issues.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        outcome = self._drive(start(operation, self._cell.session, now=read_clocks()))
        if isinstance(outcome, Raised):
            raise outcome.error
        return outcome.response

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: object = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Any:  # noqa: ANN401 - the definition does not say what comes back
        """Call a path that the definition lacks; see :func:`~genesys_core.raw_operation`."""
        return self.send(raw_operation(method, path, query=query, body=body, headers=headers))

    def pages(self, operation: Operation[T]) -> Iterator[T]:
        """The pages of a listing, each as its own type, one request each."""
        paging: Paging[T] | None = Paging(operation, self._cell.session.settings.hosts)
        while paging is not None:
            found, paging = paging.received(self.send_raw(paging.operation))
            yield from found

    def paginate(self, operation: Operation[Items[T]]) -> Iterator[T]:
        """The items of all pages of a listing."""
        for page in self.pages(operation):
            yield from items_of(page)

    def close(self) -> None:
        """Give back all connections. Closing twice does nothing more."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._cell.session.settings.hosts.api})"

    def _drive(self, state: State[T]) -> Returned[T] | Raised:
        while True:
            match state:
                case Sending(request=request):
                    try:
                        response = self._transport.send(request)
                    except TransportFailure as failure:
                        state = state.failed(failure, now=read_clocks())
                    else:
                        state = state.received(response, now=read_clocks())
                case NeedToken():
                    state = self._authorize(state)
                case Waiting(seconds=seconds):
                    time.sleep(seconds)
                    state = state.woke(now=read_clocks())
                case Returned() | Raised():
                    return state
                case _:
                    assert_never(state)

    def _authorize(self, need: NeedToken[T]) -> Sending[T] | Raised:
        session = self._cell.session
        need = need.joined(session)
        if not self._token_lock.acquire(timeout=session.settings.refresh_token_wait_max):
            return need.timed_out(session)
        try:
            step = self._cell.swap(reserve_token, need, now=read_clocks())
            if not isinstance(step, Exchanging):
                return step
            return self._cell.swap(settle_token, need, self._drive(step.state))
        finally:
            self._token_lock.release()

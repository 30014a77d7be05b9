"""Binds operation builders to clients as methods, synchronous and asynchronous.

Invariants: synchronous and asynchronous methods share one implementation. A :class:`Method` wraps a
pure builder and, like a function, binds to the object on which it is accessed. Calling a method of a
synchronous API returns the result; calling a method of an asynchronous API returns a coroutine, as
the method's signature shows.
"""

import inspect
import sys
from collections.abc import Callable, Coroutine, Mapping
from copy import copy
from importlib import import_module
from types import FunctionType, ModuleType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    ParamSpec,
    Protocol,
    Self,
    TypeVar,
    Unpack,
    overload,
)

from genesys_core.calls.operation import JobOperation, ListOperation, Operation

if TYPE_CHECKING:
    from genesys_cloud.client.async_client import AsyncClientBase
    from genesys_cloud.client.jobs import AsyncJob, Job
    from genesys_cloud.client.paginators import AsyncPaginator, Paginator
    from genesys_cloud.client.sync_client import SyncClientBase
    from genesys_core.calls.responses import ApiResponse
    from genesys_core.paging.options import PagingArguments

__all__ = [
    "AsyncApi",
    "AsyncJobMethod",
    "AsyncListMethod",
    "AsyncMethod",
    "JobMethod",
    "LazyApis",
    "ListMethod",
    "Method",
    "SyncApi",
    "SyncJobMethod",
    "SyncListMethod",
    "SyncMethod",
    "api_classes",
]

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
StatusT = TypeVar("StatusT")
Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)


class SyncApi:
    """Base class of APIs such as ``UsersApi``; uses a :class:`~genesys_cloud.Client`."""

    def __init__(self, client: "SyncClientBase") -> None:
        self.send = client.send
        self._client = client


class AsyncApi:
    """Base class of APIs such as ``AsyncUsersApi``; uses an :class:`~genesys_cloud.AsyncClient`."""

    def __init__(self, client: "AsyncClientBase") -> None:
        self.send = client.send
        self._client = client


class LazyApis:
    """Exposes each API as an attribute and imports its module on first access.

    Args:
        classes: the class name of each API, by attribute name, such as ``{"users": "UsersApi"}``.
        prefix: text prepended to the names of the classes, such as ``Async``.
        home: the name of the package that contains a module for each API.
        topics: the name of the module with the notification topics of the same definition.
    """

    _classes: ClassVar[Mapping[str, str]] = {}
    _prefix: ClassVar[str] = ""
    _home: ClassVar[str] = "genesys_cloud.apis"
    _topics: ClassVar[str] = "genesys_core.notifications.topics"

    def __init_subclass__(
        cls,
        classes: Mapping[str, str] | None = None,
        prefix: str = "",
        home: str = _home,
        topics: str = _topics,
    ) -> None:
        if classes is not None:
            cls._classes, cls._prefix = classes, prefix
            cls._home, cls._topics = home, topics

    if not TYPE_CHECKING:  # type checkers use the generated annotations and reject other names

        def __getattr__(self, name: str) -> object:
            if name not in self._classes:
                if hasattr(type(self), name):  # a property that raised an error: raise that error
                    return object.__getattribute__(self, name)
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            module = import_module(f"{self._home}.{name}")
            api = getattr(module, self._prefix + self._classes[name])(self)
            self.__dict__[name] = api  # the next access finds this attribute
            return api

    def unbound_copy(self) -> Self:
        """Return a shallow copy whose APIs are bound to the copy."""
        twin = copy(self)
        for name in self._classes:
            twin.__dict__.pop(name, None)
        return twin

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._classes})


class _Shown:
    """The ``__wrapped__`` of a bound method, in which ``inspect.signature`` finds its signature."""

    def __init__(self, builder: Callable[..., object], *, asynchronous: bool) -> None:
        self._builder = builder
        self._asynchronous = asynchronous

    @property
    def __signature__(self) -> inspect.Signature:
        from genesys_cloud.api_signatures import signature_of  # noqa: PLC0415 - loads models

        return signature_of(self._builder, asynchronous=self._asynchronous, bound=True)


class _ShownForm(_Shown):
    """Like :class:`_Shown`, for ``raw``, ``paginate``, ``pages`` or ``run``; has no return type."""

    @property
    def __signature__(self) -> inspect.Signature:
        return super().__signature__.replace(return_annotation=inspect.Signature.empty)


class SyncMethod(Protocol[P, T_co]):
    """A method of a synchronous API."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co:
        """Send the operation and return the decoded body."""
        ...

    def raw(self, *args: P.args, **kwargs: P.kwargs) -> "ApiResponse[T_co]":
        """Send the operation and return the full response: status, headers, data, raw body."""
        ...


class AsyncMethod(Protocol[P, T_co]):
    """A method of an asynchronous API."""

    # `async def`, because mypy infers `Any` as the result of `asyncio.gather` if the return type is
    # an explicit `Coroutine[Any, Any, T_co]`.
    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co:
        """Send the operation and return the decoded body."""
        ...

    async def raw(self, *args: P.args, **kwargs: P.kwargs) -> "ApiResponse[T_co]":
        """Send the operation and return the full response: status, headers, data, raw body."""
        ...


class SyncListMethod(SyncMethod[P, T_co], Protocol[P, T_co, Item_co]):
    """A listing method of a synchronous API."""

    def paginate(self, *args: P.args, **kwargs: P.kwargs) -> "Paginator[Item_co]":
        """Iterate over the items of all pages. Takes the arguments of the API method."""
        ...

    def pages(self, *args: P.args, **kwargs: P.kwargs) -> "Paginator[T_co]":
        """Iterate over the pages. Takes the arguments of the API method."""
        ...

    def with_paging(
        self, **options: "Unpack[PagingArguments]"
    ) -> "SyncListMethod[P, T_co, Item_co]":
        """Return the method with pagination options such as ``limit`` and ``prefetch``.

        ::

            users = client.users.get_users.with_paging(limit=500).paginate(page_size=100)

        See :class:`~genesys_core.paging.options.PagingOptions`. These options are separate from the
        method's arguments, which may also include a ``limit``.
        """
        ...


class AsyncListMethod(AsyncMethod[P, T_co], Protocol[P, T_co, Item_co]):
    """A listing method of an asynchronous API."""

    def paginate(self, *args: P.args, **kwargs: P.kwargs) -> "AsyncPaginator[Item_co]":
        """Iterate over the items of all pages. Takes the arguments of the API method."""
        ...

    def pages(self, *args: P.args, **kwargs: P.kwargs) -> "AsyncPaginator[T_co]":
        """Iterate over the pages. Takes the arguments of the API method."""
        ...

    def with_paging(
        self, **options: "Unpack[PagingArguments]"
    ) -> "AsyncListMethod[P, T_co, Item_co]":
        """Return the method with pagination options; see :meth:`SyncListMethod.with_paging`."""
        ...


class SyncJobMethod(SyncMethod[P, T_co], Protocol[P, T_co, StatusT, Item]):
    """A method of a synchronous API that starts a job."""

    def run(self, *args: P.args, **kwargs: P.kwargs) -> "Job[StatusT, Item]":
        """Start the job and return it. Takes the arguments of the API method."""
        ...


class AsyncJobMethod(AsyncMethod[P, T_co], Protocol[P, T_co, StatusT, Item]):
    """A method of an asynchronous API that starts a job."""

    async def run(self, *args: P.args, **kwargs: P.kwargs) -> "AsyncJob[StatusT, Item]":
        """Start the job and return it. Takes the arguments of the API method."""
        ...


class Method(Generic[P, T]):
    """A method of an API: builds an operation and sends it with the client it is bound to.

    A method has the builder's name, parameters and docstring, but its own return type, so that
    ``help()`` and editors show what a call returns.

    Args:
        builder: the function that builds the operation.
        home: the ``__module__`` of bound methods.
        owner: the class in the ``__qualname__`` of bound methods, such as ``AsyncUsersApi``.
        asynchronous: whether calling the method returns a coroutine.
    """

    def __init__(
        self,
        builder: Callable[P, Operation[T]],
        home: str = "",
        owner: str = "",
        *,
        asynchronous: bool = False,
    ) -> None:
        self.__wrapped__ = builder
        self.__name__ = builder.__name__
        self.__doc__ = builder.__doc__
        self.__module__ = home or builder.__module__
        self.__qualname__ = f"{owner}.{builder.__name__}"
        self._asynchronous = asynchronous

    @overload
    def __get__(self, instance: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(self, instance: SyncApi, owner: type[object]) -> SyncMethod[P, T]: ...
    @overload
    def __get__(self, instance: AsyncApi, owner: type[object]) -> AsyncMethod[P, T]: ...
    def __get__(self, instance: SyncApi | AsyncApi | None, owner: type[object]) -> object:
        if instance is None:
            return self
        send: Callable[[Operation[T]], object] = instance.send
        builder = self.__wrapped__

        def call(*args: Any, **kwargs: Any) -> object:  # noqa: ANN401 - the builder checks them
            try:
                operation = builder(*args, **kwargs)
            finally:
                # Some tracebacks show variables, and a body may contain a password.
                del args, kwargs
            return send(operation)

        call.__wrapped__ = _Shown(builder, asynchronous=self._asynchronous)  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess] - inspect.signature reads it
        call.__name__ = self.__name__
        call.__qualname__ = self.__qualname__
        call.__module__ = self.__module__
        call.__doc__ = self.__doc__
        call.__annotations__ = {}
        if self._asynchronous and sys.version_info >= (3, 12):
            # Not `async def`, so that a wrong argument raises an error when the method is called, not
            # when the result is awaited.
            inspect.markcoroutinefunction(call)
        client: Any = instance._client  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - of this module
        self._add_forms(call, client)
        # Stored as an attribute of the instance, so that the next access need not bind again.
        instance.__dict__[self.__name__] = call
        return call

    def _add_forms(self, call: Any, client: Any) -> None:  # noqa: ANN401 - a function and its attributes
        """Add other ways to call the method, such as ``raw``, as attributes of the function."""
        call.raw = self._form(
            client.send_raw, "raw", "Send the operation and return the full response."
        )

    def _form(self, act: Callable[[Any], object], name: str, doc: str) -> Callable[..., object]:
        """Return a function that takes the builder's arguments and calls ``act`` with the operation."""
        builder = self.__wrapped__

        def form(*args: Any, **kwargs: Any) -> object:  # noqa: ANN401 - the builder checks them
            try:
                operation = builder(*args, **kwargs)
            finally:
                # Some tracebacks show variables, and a body may contain a password.
                del args, kwargs
            return act(operation)

        form.__name__ = name
        form.__doc__ = doc
        form.__wrapped__ = _ShownForm(builder, asynchronous=self._asynchronous)  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess] - inspect.signature reads it
        return form

    @overload
    def __call__(self, api: SyncApi, /, *args: P.args, **kwargs: P.kwargs) -> T: ...
    @overload
    def __call__(
        self, api: AsyncApi, /, *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, T]: ...
    def __call__(self, api: SyncApi | AsyncApi, /, *args: P.args, **kwargs: P.kwargs) -> object:
        """Call the method of a class explicitly, as in ``UsersApi.get_users_me(client.users)``."""
        return self.__get__(api, type(api))(*args, **kwargs)

    @property
    def __signature__(self) -> inspect.Signature:
        from genesys_cloud.api_signatures import signature_of  # noqa: PLC0415 - loads models

        return signature_of(self.__wrapped__, asynchronous=self._asynchronous, bound=False)


class ListMethod(Method[P, T], Generic[P, T, Item]):
    """A method for a listing operation; it can also iterate over all items or pages."""

    if TYPE_CHECKING:

        def __init__(self, builder: Callable[P, ListOperation[T, Item]]) -> None: ...
        @overload
        def __get__(self, instance: None, owner: type[object]) -> Self: ...
        @overload
        def __get__(self, instance: SyncApi, owner: type[object]) -> SyncListMethod[P, T, Item]: ...
        @overload
        def __get__(
            self, instance: AsyncApi, owner: type[object]
        ) -> AsyncListMethod[P, T, Item]: ...
        def __get__(self, instance: SyncApi | AsyncApi | None, owner: type[object]) -> object: ...

    def _add_forms(self, call: Any, client: Any) -> None:  # noqa: ANN401 - a function and its attributes
        super()._add_forms(call, client)
        self._add_list_forms(call, client, {})

    def _add_list_forms(self, call: Any, client: Any, options: "PagingArguments") -> None:  # noqa: ANN401
        call.paginate = self._form(
            lambda operation: client.paginate(operation, **options),
            "paginate",
            "Iterate over the items of all pages.",
        )
        call.pages = self._form(
            lambda operation: client.pages(operation, **options),
            "pages",
            "Iterate over the pages.",
        )

        def with_paging(**more: "Unpack[PagingArguments]") -> object:
            """Return the method with pagination options."""
            twin: Any = self._form(client.send, call.__name__, call.__doc__)
            twin.raw = call.raw
            self._add_list_forms(twin, client, {**options, **more})
            return twin

        call.with_paging = with_paging


class JobMethod(Method[P, T], Generic[P, T, StatusT, Item]):
    """A method for an operation that starts a job; its ``run`` returns the job."""

    if TYPE_CHECKING:

        def __init__(self, builder: Callable[P, JobOperation[T, StatusT, Item]]) -> None: ...
        @overload
        def __get__(self, instance: None, owner: type[object]) -> Self: ...
        @overload
        def __get__(
            self, instance: SyncApi, owner: type[object]
        ) -> SyncJobMethod[P, T, StatusT, Item]: ...
        @overload
        def __get__(
            self, instance: AsyncApi, owner: type[object]
        ) -> AsyncJobMethod[P, T, StatusT, Item]: ...
        def __get__(self, instance: SyncApi | AsyncApi | None, owner: type[object]) -> object: ...

    def _add_forms(self, call: Any, client: Any) -> None:  # noqa: ANN401 - a function and its attributes
        super()._add_forms(call, client)
        call.run = self._form(client.run, "run", "Start the job and return it.")


def _method_type(builder: Callable[..., object]) -> type[Method[..., Any]]:
    returns = str(builder.__annotations__.get("return", ""))
    if returns.startswith("_Jobs["):
        return JobMethod
    return ListMethod if returns.startswith("_Lists[") else Method


def api_classes(
    name: str, builders: ModuleType, about: str, home: str
) -> tuple[type[SyncApi], type[AsyncApi]]:
    """Create the synchronous and the asynchronous class of an API, with a method for each builder.

    The generated stub next to each module of :mod:`genesys_cloud.apis` declares the same classes
    for type checkers.

    Args:
        name: the name of the synchronous class; the asynchronous class has the prefix ``Async``.
        builders: the API's module in :mod:`genesys_core.api`.
        about: the beginning of the docstrings of both classes.
        home: the ``__module__`` of both classes.
    """
    found = {key: one for key, one in vars(builders).items() if isinstance(one, FunctionType)}

    def made(base: type[object], prefix: str, does: str) -> Any:  # noqa: ANN401 - `type` makes it
        owner, asynchronous = f"{prefix}{name}", base is AsyncApi
        methods = {
            key: _method_type(one)(one, home, owner, asynchronous=asynchronous)
            for key, one in found.items()
        }
        text = f"{about}; each {does}."
        return type(owner, (base,), {**methods, "__module__": home, "__doc__": text})

    return (
        made(SyncApi, "", "sends its operation and returns the response"),
        made(
            AsyncApi,
            "Async",
            "returns a coroutine that sends its operation and returns the response",
        ),
    )

"""Operations: API calls that have not been sent yet, as values.

Invariants: an operation contains the caller's arguments, unencoded and unchecked, and no host, token
or time, so any client can send it any number of times.
"""

import re
from collections.abc import Mapping
from typing import Final, Generic, Self, TypeAlias, TypeVar

import msgspec

from genesys_core.calls.listing import Listing
from genesys_core.checks import FLAG, MAPPING, TEXT, Expected, check_fields
from genesys_core.codec.encoding import BodyKind
from genesys_core.codec.unknown_fields import KEEP_UNKNOWN, KeepUnknown, check_keep_unknown
from genesys_core.confidential import Printable
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import mask_header
from genesys_core.http.messages import Timeout
from genesys_core.http.redaction import DEFAULT_REDACTION
from genesys_core.http.urls import QueryValue, Scalar
from genesys_core.session.retry import RetryConfiguration

__all__ = [
    "NO_OPTIONS",
    "Endpoint",
    "JobOperation",
    "JsonObject",
    "ListOperation",
    "Operation",
    "Options",
    "apply_defaults",
    "check_operation",
    "raw_operation",
]

T_co = TypeVar("T_co", covariant=True)
Status_co = TypeVar("Status_co", covariant=True)
Item_co = TypeVar("Item_co", covariant=True)

JsonObject: TypeAlias = Mapping[str, object]
"""A JSON object as a plain dictionary; ``None`` is sent as ``null``."""


class Endpoint(Printable, frozen=True):
    """An endpoint in the API definition.

    Attributes:
        name: the method's name, such as ``get_users_me``.
        method: the HTTP method in upper case.
        path: the path template, such as ``/api/v2/users/{userId}``.
        returns: the type of a successful response as an expression over model names
            (``UserMe``, ``list[User]``, ``dict[str, object]``, ``str``, ``bytes`` for a file), or
            ``None`` if there is none.
        body: the JSON type of the body, or ``None`` if the operation has none.
        body_required: whether the definition requires the body.
        accept: the ``Accept`` header.
        reads: whether the operation only reads data despite its method (``POST .../query``).
        listing: how the operation is paginated, or ``None`` if it is not a listing.
        replies: response types by status, for successful responses whose type is not ``returns``.
        package: the package with the endpoint's models (``models``) and builders (``api``).
        link: a path with a query to request instead of ``path``, such as a link to the next page;
            rate limits and metrics still use ``path``. Empty if there is none.
    """

    name: str
    method: str
    path: str
    returns: str | None = None
    body: BodyKind | None = None
    body_required: bool = False
    accept: str = "application/json"
    reads: bool = False
    listing: Listing | None = None
    replies: tuple[tuple[int, str | None], ...] = ()
    package: str = "genesys_core"
    link: str = ""

    def __repr__(self) -> str:
        """Return a representation with the path, or with the link, whose signature is redacted."""
        target = DEFAULT_REDACTION.shown_url(self.link) if self.link else self.path
        return f"Endpoint({self.name}: {self.method} {target})"


_OPTIONS: Final = {
    "headers": Expected("a mapping of names to values", "{'X-Team': 'blue'}", (Mapping,)),
    "query": Expected("a mapping of names to values", "{'expand': 'presence'}", (Mapping,)),
    "timeout": Expected(
        "a number of seconds or a Timeout", "30", (int, float, Timeout), is_optional=True
    ),
    "deadline": Expected("a number of seconds", "60", (int, float), is_optional=True),
    "retry": Expected(
        "a RetryConfiguration",
        "RetryConfiguration(max_retry_time_sec=60)",
        (RetryConfiguration,),
        is_optional=True,
    ),
    "strict": FLAG.or_none(),
    "keep_unknown": KEEP_UNKNOWN.or_none(),
}


class Options(Printable, frozen=True):
    """Options for one call, in addition to the operation's own parameters.

    Attributes:
        headers: request headers to add, or to override; ``None`` as a value removes a header.
        query: additional query parameters.
        timeout: overrides the client's timeouts.
        deadline: seconds for the whole call, including retries and delays.
        retry: overrides the client's retry configuration.
        strict: whether to raise ``DecodeError`` if a response does not match its type.
        keep_unknown: which models keep unknown fields; see :data:`KeepUnknown`.
    """

    headers: Mapping[str, str | None] = {}
    query: Mapping[str, QueryValue] = {}
    timeout: Timeout | float | None = None
    deadline: float | None = None
    retry: RetryConfiguration | None = None
    strict: bool | None = None
    keep_unknown: KeepUnknown | None = None

    def __post_init__(self) -> None:
        check_fields(self, _OPTIONS)
        check_keep_unknown(self.keep_unknown)

    def over(self, defaults: "Options") -> "Options":
        """Return these options, with default values for the options that are not set."""
        if defaults is NO_OPTIONS:
            return self
        return Options(
            headers=_merged_headers(defaults.headers, self.headers),
            query={**defaults.query, **self.query},
            timeout=defaults.timeout if self.timeout is None else self.timeout,
            deadline=defaults.deadline if self.deadline is None else self.deadline,
            retry=defaults.retry if self.retry is None else self.retry,
            strict=defaults.strict if self.strict is None else self.strict,
            keep_unknown=(
                defaults.keep_unknown if self.keep_unknown is None else self.keep_unknown
            ),
        )

    def __repr__(self) -> str:
        headers = {name: mask_header(name, value) for name, value in self.headers.items()}
        said = {**msgspec.structs.asdict(self), "headers": headers or None}
        query = {n: DEFAULT_REDACTION.shown_parameter(n, value) for n, value in self.query.items()}
        return f"Options({_shown({**said, 'query': query or None})})"


def _merged_headers(
    defaults: Mapping[str, str | None], headers: Mapping[str, str | None]
) -> Mapping[str, str | None]:
    # Names are case-insensitive, and the last of two spellings is sent. In `{**defaults, **headers}` a
    # header would have the position of the default that it replaces, and a default with another
    # spelling might follow it.
    own = {str(name).lower() for name in headers}
    kept = {name: value for name, value in defaults.items() if str(name).lower() not in own}
    return {**kept, **headers}


NO_OPTIONS: Final = Options()
"""Call options, all unset. A client with these defaults merges no options into its calls."""


class Operation(Printable, Generic[T_co], frozen=True):
    """One API call, ready to be sent: ``client.send(operation)`` returns a ``T_co``.

    Created by the builders in :mod:`genesys_core.api`.

    Attributes:
        endpoint: the endpoint to call.
        path: values of the path parameters, by wire name.
        query: the query parameters, by wire name, in the definition's order.
        headers: the operation's own header parameters, by wire name.
        body: a model, a dict, a list, a string, a form; ``None`` for no body.
        options: options for this call.
    """

    endpoint: Endpoint
    path: tuple[tuple[str, Scalar], ...] = ()
    query: tuple[tuple[str, QueryValue], ...] = ()
    headers: tuple[tuple[str, str | None], ...] = ()
    body: object = None
    options: Options = NO_OPTIONS

    def __repr__(self) -> str:
        """Return a representation without the body, which may contain undetected secrets."""
        query = {name: DEFAULT_REDACTION.shown_parameter(name, value) for name, value in self.query}
        said: dict[str, object] = {**dict(self.path), **query}
        said |= {name: mask_header(name, value) for name, value in self.headers}
        said["body"] = None if self.body is None else type(self.body)
        said["options"] = None if self.options == NO_OPTIONS else self.options
        return f"Operation({self.endpoint.name}: {_shown(said)})"

    def under(self, defaults: Options) -> Self:
        """Return the operation with default values for the options that are not set."""
        if defaults is NO_OPTIONS:
            return self
        return msgspec.structs.replace(self, options=self.options.over(defaults))

    def with_options(
        self,
        *,
        headers: Mapping[str, str | None] | None = None,
        query: Mapping[str, QueryValue] | None = None,
        timeout: Timeout | float | None = None,
        deadline: float | None = None,
        retry: RetryConfiguration | None = None,
        strict: bool | None = None,
        keep_unknown: KeepUnknown | None = None,
    ) -> Self:
        """Return the operation with the given options; its other options stay unchanged.

        Args:
            headers: request headers to add, or to override; ``None`` as a value removes a header.
            query: query parameters to add, such as undocumented ones.
            timeout: seconds for each of connect, read, write and pool, or a :class:`Timeout`.
            deadline: seconds for the whole call, including retries and delays.
            retry: the retry configuration for this call.
            strict: raise ``DecodeError`` if a response does not match its type.
            keep_unknown: which models keep fields that this version does not define, so that they
                can be sent back: ``False`` for none, ``True`` for complete responses, ``"items"``
                for complete responses and the items of listings.
        """
        try:
            said = Options(
                headers=_copied("headers", headers),
                query=_copied("query", query),
                timeout=timeout,
                deadline=deadline,
                retry=retry,
                strict=strict,
                keep_unknown=keep_unknown,
            )
        except (InvalidValueError, TypeError) as error:
            raise error.with_traceback(None) from None
        finally:
            del headers, query  # some tracebacks show variables
        return msgspec.structs.replace(self, options=said.over(self.options))


class ListOperation(Operation[T_co], Generic[T_co, Item_co], frozen=True):
    """An operation that lists items: ``client.paginate(operation)`` iterates over ``Item_co``.

    ``client.send(operation)`` returns one page, a ``T_co``. :attr:`Endpoint.listing` describes how
    the other pages are requested.
    """


class JobOperation(Operation[T_co], Generic[T_co, Status_co, Item_co], frozen=True):
    """An operation that starts a job: ``client.job(operation, id)`` returns the job.

    ``client.send(operation)`` starts the job and returns the platform's reply, a ``T_co``. The
    job's status is a ``Status_co``; :meth:`Job.results` iterates over ``Item_co``.
    """


def _copied(name: str, given: Mapping[str, T_co] | None) -> Mapping[str, T_co]:
    _OPTIONS[name].or_none().check(name, given)
    return dict(given or {})


def apply_defaults(operation: Operation[T_co], defaults: Options) -> Operation[T_co]:
    """Return the operation with the client's default options.

    Raises:
        TypeError: the first argument is not an operation but, for example, a call's result.
    """
    if not isinstance(operation, Operation):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        check_operation(operation)
    return operation if defaults is NO_OPTIONS else operation.under(defaults)


def check_operation(operation: object) -> None:
    """Check that a value is an operation.

    Raises:
        TypeError: the value is not an operation; the message contains its type.
    """
    _OPERATION.check("operation", operation)


_OPERATION: Final = Expected("an operation", "genesys_core.api.users.get_users_me()", (Operation,))


def _shown(said: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in said.items() if value is not None)


def raw_operation(
    method: str,
    path: str,
    *,
    query: Mapping[str, QueryValue] | None = None,
    body: object = None,
    headers: Mapping[str, str | None] | None = None,
) -> Operation[object]:
    """Create an operation for an undocumented endpoint; its response is decoded as JSON.

    Args:
        method: the HTTP method.
        path: the absolute path, such as ``/api/v2/users/me``, percent-encoded.
        query: the query parameters.
        body: a model, or any JSON value; ``None`` for no body.
        headers: request headers, which override the client's; ``None`` removes a header.

    Raises:
        InvalidValueError: the method has characters other than ASCII letters, or the path is not
            absolute and percent-encoded.
    """
    TEXT.check("method", method)
    TEXT.check("path", path)
    MAPPING.or_none().check("query", query)
    if not method.isascii() or not method.isalpha():
        raise InvalidValueError(f"method {method!r}: must consist of letters, such as GET")
    if _RAW_PATH.fullmatch(path) is None or _DOTS.search(path):
        raise InvalidValueError(
            f"path {path!r}: must be an absolute, percent-encoded path without '.' or '..' segments, such as /api/v2/users/me; pass the query as `query`"
        )
    endpoint = Endpoint(f"{method.upper()} {path}", method.upper(), path, "object", "any")
    operation: Operation[object] = Operation(
        endpoint, query=tuple((query or {}).items()), body=body
    )
    return operation if headers is None else operation.with_options(headers=headers)


# RFC 3986 section 3.3: pchar and slashes; braces would be an unfilled placeholder.
_RAW_PATH = re.compile(r"/(?!/)(?:[!$&'()*+,\-./:;=@\w~]|%[0-9a-f]{2})*", re.ASCII | re.IGNORECASE)
_DOTS = re.compile(r"/(\.|%2e){1,2}(/|$)", re.IGNORECASE)

"""Hypothesis strategies for programs that use this library.

They generate models, responses, transport failures and lives (the outcomes of all attempts of a
call, in order), to test how a program handles them. ``docs/property-tests.md`` has examples.

Invariants: everything that is generated can occur with the platform. Any field may be absent, an
enum may have an unknown value, and after a failure it may be unknown whether the request was
executed.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeGuard, TypeVar, Union, cast, get_args, get_origin

import msgspec

from genesys_cloud.testing.lives import Life, Outcome
from genesys_core.calls.operation import Operation
from genesys_core.codec.decoding import resolve_type
from genesys_core.codec.encoding import to_json
from genesys_core.codec.model import Model
from genesys_core.codec.tagged_union import TaggedUnion
from genesys_core.codec.values import LocalDateTime, YearMonth
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import FailureKind, Response, TransportFailure

try:
    from hypothesis import strategies as st
except ImportError as missing:
    raise ModuleNotFoundError(
        "hypothesis is not installed; pip install 'genesys-cloud[hypothesis]'", name=missing.name
    ) from missing

__all__ = [
    "error_replies",
    "failures",
    "json_values",
    "lives",
    "models_of",
    "replies",
    "values_of",
]

M = TypeVar("M", bound=Model)

_TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_LETTERS: Final = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
_FIELDS: Final = (12, 4, 2)
"""Maximum number of randomly chosen fields of a model, for depth 2 or more, depth 1 and depth 0.

The platform's largest model, ``ViewFilter``, has 248 fields.
"""


def json_values() -> st.SearchStrategy[object]:
    """Return a strategy for JSON values of any type."""
    scalars: st.SearchStrategy[object] = (
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | _TEXT
    )
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
        max_leaves=6,
    )


def models_of(
    model: type[M], /, *, depth: int = 2, **fields: st.SearchStrategy[object]
) -> st.SearchStrategy[M]:
    """Return a strategy for models of one type; any field may be absent, except those in ``fields``.

    Args:
        model: the type of the models, such as ``models.User``.
        depth: maximum number of levels of models nested in the model; at 0, nested models have no
            fields.
        fields: strategies for fields that are always present, such as ``state=st.just("active")``.

    Raises:
        InvalidValueError: one of the ``fields`` is not a field of the model.
    """
    known = _field_types(model)
    for name in fields:
        if name not in known:
            raise InvalidValueError(
                f"{model.__name__} has no field {name!r}; its fields are {', '.join(known)}"
            )
    free = sorted(known.keys() - fields.keys())
    return _models(model, free, depth, st.fixed_dictionaries(dict(fields)))


@st.composite
def _models(
    draw: st.DrawFn,
    model: type[M],
    free: list[str],
    depth: int,
    given: st.SearchStrategy[dict[str, object]],
) -> M:
    values = dict(draw(given))
    known = _field_types(model)
    if free:
        most = _FIELDS[min(len(_FIELDS) - 1, max(0, 2 - depth))]
        for name in draw(st.lists(st.sampled_from(free), unique=True, max_size=most)):
            values[name] = draw(values_of(known[name], depth=depth - 1))
    return model(**values)


@cache
def _field_types(model: type[Model]) -> dict[str, object]:
    return {field.name: field.type for field in msgspec.structs.fields(model)}


_SCALARS: Final[dict[object, st.SearchStrategy[object]]] = {
    str: _TEXT,
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    datetime: st.datetimes(
        datetime(1970, 1, 2),  # noqa: DTZ001 - the strategy adds the zone
        datetime(2100, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))]),
    ),
    date: st.dates(date(1970, 1, 1), date(2100, 1, 1)),
    LocalDateTime: st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - local
    YearMonth: st.builds(YearMonth, st.integers(1970, 2100), st.integers(1, 12)),
}


def values_of(type_: object, *, depth: int = 2) -> st.SearchStrategy[object]:
    """Return a strategy for values of a type, such as ``list[User]``, ``str`` or a model.

    Args:
        type_: the type of a field or a response.
        depth: maximum number of levels of nested models.
    """
    if type_ in _SCALARS:
        return _SCALARS[type_]
    origin, arguments = get_origin(type_), get_args(type_)
    if origin in {Union, UnionType}:
        (inner,) = (one for one in arguments if one is not NoneType)
        return values_of(inner, depth=depth)
    size = 2 if depth >= 0 else 0
    if origin is list:
        return st.lists(values_of(arguments[0], depth=depth), max_size=size)
    if origin is dict:
        return st.dictionaries(_LETTERS, values_of(arguments[1], depth=depth), max_size=size)
    return _objects_of(type_, depth, size)


def _objects_of(type_: object, depth: int, size: int) -> st.SearchStrategy[object]:
    """Return a strategy for values of a union, of a model, or of any other type."""
    if isinstance(type_, TaggedUnion):
        kinds = [_of_kind(type_, kind, depth) for kind in type_.cases]
        return st.one_of([*kinds, st.dictionaries(_LETTERS, json_values(), max_size=size)])
    if _is_model(type_):
        return models_of(type_, depth=depth) if depth >= 0 else st.builds(type_)
    return json_values()


def _of_kind(union: TaggedUnion, kind: str, depth: int) -> st.SearchStrategy[object]:
    """Return a strategy for one kind of model in a tagged union, with the tag of that kind."""
    model = cast(type[Model], union.model(union.cases[kind]))
    names = {one.encode_name: one.name for one in msgspec.structs.fields(model)}
    given = {names[union.tag]: st.just(kind)} if union.tag in names else {}
    return (
        _models(model, [], depth, st.fixed_dictionaries(dict(given)))
        if depth < 0
        else (models_of(model, depth=depth, **given))
    )


def _is_model(type_: object) -> TypeGuard[type[Model]]:
    return isinstance(type_, type) and issubclass(type_, Model)


def replies(
    what: type[Model] | Operation[object], /, *, depth: int = 2, **fields: st.SearchStrategy[object]
) -> st.SearchStrategy[Response]:
    """Return a strategy for successful responses, whose models sometimes have an unknown field.

    Args:
        what: the type of the model in the response, or the operation that returns the response.
        depth: maximum number of levels of nested models.
        fields: strategies for fields that are always present, by their Python names.

    Raises:
        InvalidValueError: one of the ``fields`` is not a field of the model, or there are
            ``fields`` but the operation's response is not a model.
    """
    bodies: st.SearchStrategy[object]
    if isinstance(what, Operation):
        wanted = what.endpoint.returns
        type_: object = None if wanted is None else resolve_type(wanted, what.endpoint.package)
        if _is_model(type_):
            bodies = models_of(type_, depth=depth, **fields)
        elif fields:
            raise InvalidValueError(
                f"{what.endpoint.name}: the response is not a model, so it has no field "
                f"{next(iter(fields))!r}; omit it"
            )
        elif wanted is None:
            return st.builds(Response, st.sampled_from([200, 204]))
        else:
            bodies = values_of(type_, depth=depth)
    else:
        bodies = models_of(what, depth=depth, **fields)
    names = _LETTERS.map(lambda name: f"x{name}Unknown")
    unknown = st.dictionaries(names, json_values(), max_size=1)
    return st.builds(_reply, bodies, unknown)


def _reply(body: object, unknown: dict[str, object]) -> Response:
    encoded = to_json(body)
    if unknown and isinstance(body, Model):
        document = cast("dict[str, object]", msgspec.json.decode(encoded))
        encoded = msgspec.json.encode({**document, **unknown})
    return Response(200, Headers({"Content-Type": "application/json"}), encoded)


_CODES: Final = {
    400: "bad.request",
    401: "bad.credentials",
    403: "missing.any.permissions",
    404: "not.found",
    409: "general.conflict",
    413: "request.entity.too.large",
    429: "too.many.requests",
    500: "internal.server.error",
    502: "bad.gateway",
    503: "service.unavailable",
    504: "gateway.timeout",
}


@st.composite
def error_replies(draw: st.DrawFn, *statuses: int) -> Response:
    """Generate error responses, with the platform's error body or a gateway's HTML page.

    Args:
        draw: the function that draws values; passed by Hypothesis.
        statuses: the possible HTTP statuses; by default the most common error statuses.
    """
    status = draw(st.sampled_from(statuses or tuple(_CODES)))
    headers = {"ININ-Correlation-Id": f"{draw(st.integers(0, 2**64)):032x}"}
    if status in {429, 503} and draw(st.booleans()):
        headers["Retry-After"] = str(draw(st.integers(0, 180)))
    if status >= 502 and draw(st.booleans()):
        page = b"<html><body>upstream connect error</body></html>"
        return Response(status, Headers({**headers, "Content-Type": "text/html"}), page)
    body: dict[str, Any] = {
        "message": draw(_TEXT),
        "code": _CODES.get(status, "unknown"),
        "status": status,
        "messageParams": {},
        "details": [],
        "errors": [],
    }
    return Response(status, Headers({**headers, "Content-Type": "application/json"}), to_json(body))


_FAILURES: Final[tuple[tuple[FailureKind, bool, str], ...]] = (
    ("connect", False, "connection refused"),
    ("timeout", False, "connecting timed out after 10 s"),
    ("timeout", True, "no response was received within 60 s"),
    ("closed", True, "the server closed the connection before its response was complete"),
    ("protocol", True, "the response is not HTTP"),
    ("proxy", False, "proxy authentication failed (407)"),
    ("tls", False, "the certificate has expired"),
)


def failures(*, sent: bool | None = None) -> st.SearchStrategy[TransportFailure]:
    """Return a strategy for transport failures, which occur if no complete response is received.

    Args:
        sent: whether the request may have reached the platform; ``None`` to generate both.
    """
    wanted = [one for one in _FAILURES if sent is None or one[1] == sent]
    return st.sampled_from(wanted).map(
        lambda one: TransportFailure(one[2], kind=one[0], sent=one[1])
    )


def lives(
    what: type[Model] | Operation[object],
    /,
    *,
    failing: st.SearchStrategy[Outcome] | None = None,
    max_failures: int = 3,
    succeeds: bool | None = None,
) -> st.SearchStrategy[Life]:
    """Return a strategy for lives of calls: failed attempts, then a success or a last failure.

    The last outcome is repeated for all further attempts.

    Args:
        what: the type of the model in the successful response, or the operation that is called.
        failing: a strategy for failures; by default error responses and transport failures.
        max_failures: maximum number of failures before the last outcome.
        succeeds: whether the last outcome is a success; ``None`` to generate both.
    """
    failed = error_replies() | failures() if failing is None else failing
    ends: st.SearchStrategy[Outcome] = replies(what, depth=1)
    if succeeds is None:
        ends = ends | failed
    elif not succeeds:
        ends = failed
    return st.builds(_life, st.lists(failed, max_size=max_failures), ends)


def _life(failed: list[Outcome], end: Outcome) -> Life:
    return Life((*failed, end))

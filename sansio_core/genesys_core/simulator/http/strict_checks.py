"""Checks beyond the definition's types: documented limits, enum values, nulls in lists.

Invariants: every reported value has the declared type. A request with more items or ids than
the platform allows is rejected. Any other reported value might be valid on an older or newer
platform: it is rejected only with :attr:`Settings.strict`; otherwise the response has a warning. A
page size above the platform's maximum is reduced to it for outbound and SCIM listings, and rejected
for all others; the latter is a guess.

The ranges in :data:`RANGES`, and the bounds of :mod:`genesys_core.simulator.http.known_bounds` and
of parameters, are those that the platform documents; the bundled definition declares none. Bounds
that a definition declares are checked in :mod:`genesys_core.simulator.http.checks`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.definition.words.known_limits import KNOWN_LIMITS
from genesys_core.simulator.http.bounds import find_broken_bound
from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.known_bounds import KNOWN_BOUNDS, KNOWN_COUNTS
from genesys_core.simulator.http.problems import PlatformProblem, invalid_value
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.examples import Json

__all__ = [
    "RANGES",
    "WARNING_HEADER",
    "ValueFault",
    "clamp_page_size",
    "find_value_faults",
    "warning_headers",
]

WARNING_HEADER: Final = "Simulator-Warning"
"""The name of the response header that warns of values that ``Settings.strict`` would reject."""

_MOST_WARNINGS: Final = 5

_ALERTING: Final = (7.0, float("inf"))
_PROFICIENCY: Final = (0.0, 5.0)
RANGES: Final[Mapping[tuple[str, str], tuple[float, float]]] = {
    ("CallbackMediaSettings", "alertingTimeoutSeconds"): _ALERTING,
    ("CallbackMediaSettings", "autoDialDelaySeconds"): (0.0, 1200.0),
    ("CallbackMediaSettings", "autoEndDelaySeconds"): (0.0, 1200.0),
    ("EmailMediaSettings", "alertingTimeoutSeconds"): _ALERTING,
    ("MediaSettings", "alertingTimeoutSeconds"): _ALERTING,
    ("MessageMediaSettings", "alertingTimeoutSeconds"): _ALERTING,
    ("QueueMember", "ringNumber"): (1.0, 6.0),
    ("ServiceLevel", "durationMs"): (1000.0, float("inf")),
    ("ServiceLevel", "percentage"): (0.0, 1.0),
    ("UserRoutingLanguage", "proficiency"): _PROFICIENCY,
    ("UserRoutingLanguagePost", "proficiency"): _PROFICIENCY,
    ("UserRoutingSkill", "proficiency"): _PROFICIENCY,
    ("UserRoutingSkillPost", "proficiency"): _PROFICIENCY,
}
"""The minimum and the maximum of numeric properties, by the names of the model and the property."""


class ValueFault(Struct, frozen=True):
    """A value that the platform is not known to accept.

    Attributes:
        place: where the value is in the request, such as ``body.state``.
        value: the value, as JSON text.
        rule: the values that the platform accepts, such as ``one of active, inactive``.
        is_limit: whether the value exceeds a limit, so that the platform rejects it.
        code: the specific error code for the value; empty if there is none.
    """

    place: str
    value: str
    rule: str
    is_limit: bool = False
    code: str = ""

    def problem(self) -> PlatformProblem:
        """Return the 400 response that rejects this value."""
        if self.code:
            message = f"Value [{self.value}] is not {self.rule}: {self.place}."
            return PlatformProblem(400, self.code, message)
        return invalid_value(self.value, self.rule, field=self.place)

    def warning(self) -> str:
        """Return the text of the response's warning header about this value, in ASCII."""
        text = f"{self.place}: {self.value} is not {self.rule}"
        return text.encode("unicode_escape").decode()[:200]


def find_value_faults(call: ApiCall) -> Iterator[ValueFault]:
    """Yield the values in a call's parameters and body that the platform might reject."""
    for parameter in call.route.facts.parameters:
        match parameter.location:
            case "query":
                values: Sequence[str] = call.query.get(parameter.name, ())
            case "path":
                values = [call.arguments[parameter.name]]
            case _:
                continue
        yield from _limit_fault(call.route.facts.name, parameter.name, values)
        enum = parameter.enum if parameter.items is None else parameter.items.enum
        for value in values if enum else ():
            yield from _enum_fault(parameter.name, enum, value)
    wanted = call.route.facts.body
    if wanted is not None and wanted.schema is not None:
        most = KNOWN_COUNTS.get(call.route.facts.name)
        if most is not None and isinstance(call.body, list) and len(call.body) > most:
            shown = f"a list of {len(call.body)} items"
            yield ValueFault(wanted.name, shown, f"at most {most} items", is_limit=True)
        yield from _faults(call.definition, wanted.schema, call.body, wanted.name)


def clamp_page_size(call: ApiCall) -> ApiCall:
    """Return the API call, with the page size reduced to the maximum if its path is below ``/outbound``."""
    if not call.route.template.startswith(_CLAMPED):
        return call
    most = KNOWN_LIMITS.get((call.route.facts.name, "page_size"))
    size = call.number("pageSize", 0)
    if most is None or size is None or size <= most:
        return call
    return replace(call, query={**call.query, "pageSize": [str(most)]})


_CLAMPED: Final = "/api/v2/outbound/"


def warning_headers(faults: Sequence[ValueFault]) -> tuple[tuple[str, str], ...]:
    """Return the warning headers for the given faults, at most five."""
    return tuple((WARNING_HEADER, each.warning()) for each in faults[:_MOST_WARNINGS])


def _faults(
    definition: Definition, schema: Schema, value: Json, place: str
) -> Iterator[ValueFault]:
    known = definition.resolve(schema)
    if isinstance(value, Mapping):
        for name, each in value.items():
            inside = (known.properties or {}).get(name, known.additional)
            if isinstance(inside, Schema):
                yield from _range_fault(schema.model_name, name, each, f"{place}.{name}")
                yield from _bound_fault(schema.model_name, name, each, f"{place}.{name}")
                yield from _faults(definition, inside, each, f"{place}.{name}")
    elif isinstance(value, list):
        for at, each in enumerate(value):
            if each is None:
                yield ValueFault(f"{place}[{at}]", "null", "an allowed list element")
            elif known.items is not None:
                yield from _faults(definition, known.items, each, f"{place}[{at}]")
    elif value is not None:
        yield from _enum_fault(place, known.enum, value)


def _enum_fault(
    place: str, enum: Sequence[str | int | float | bool] | None, value: Json
) -> Iterator[ValueFault]:
    # The definition writes the values of integer enums as strings.
    if enum and str(value) not in map(str, enum):
        yield ValueFault(place, str(value)[:100], f"one of {', '.join(map(str, enum))}")


def _limit_fault(operation: str, name: str, values: Sequence[str]) -> Iterator[ValueFault]:
    """Yield the problems of a parameter whose value or number of values has a limit."""
    known = (operation, _CAPITAL.sub(r"_\1", name).lower())
    most = KNOWN_LIMITS.get(known) or _IDS.get(known)
    if most is None or not values:
        return
    is_size = name in _SIZES
    count = sum(each.count(",") + 1 for each in values)
    given = int(values[0]) if is_size and _WHOLE.fullmatch(values[0]) else count
    if given > most:
        rule = f"at most {most}" if is_size else f"at most {most} values"
        code = _CODES.get((operation, name), "")
        shown = ",".join(values)[:100]
        # A SCIM server may return fewer results than `count` (RFC 7644 section 3.4.2.4), so a
        # larger `count` is not rejected.
        yield ValueFault(name, shown, rule, is_limit=name != "count", code=code)


_IDS: Final[Mapping[tuple[str, str], int]] = {("get_authorization_roles", "id"): 100}
"""The maximum number of ids in parameters whose descriptions state no maximum, by operation and name."""

_CODES: Final[Mapping[tuple[str, str], str]] = {
    ("BatchDownloadJobSubmission", "batchDownloadRequestList"): "batch.download.too.many.items",
    ("get_authorization_roles", "id"): "max.role.ids",
}
"""The error code for exceeding a limit, by model or method name, and by field or parameter."""

_CAPITAL: Final = re.compile("([A-Z])")
_WHOLE: Final = re.compile(r"\d{1,19}", re.ASCII)
_SIZES: Final = frozenset({"count", "limit", "pageSize"})
"""Parameters whose limit applies to the value; other limits apply to the number of values."""


def _bound_fault(model: str | None, name: str, value: Json, place: str) -> Iterator[ValueFault]:
    bounds = KNOWN_BOUNDS.get((model or "", name))
    broken = None if bounds is None else find_broken_bound(bounds, value)
    if bounds is not None and broken is not None:
        shown = f"a list of {len(value)} items" if isinstance(value, list) else str(value)[:100]
        is_size = name == "pageSize"
        is_limit = is_size or (isinstance(value, list) and len(value) > (bounds.max_items or 0))
        code = _CODES.get((model or "", name), "")
        yield ValueFault(place, shown, broken, is_limit=is_limit, code=code)


def _range_fault(model: str | None, name: str, value: Json, place: str) -> Iterator[ValueFault]:
    least, most = RANGES.get((model or "", name), (float("-inf"), float("inf")))
    if isinstance(value, int | float) and not least <= value <= most:
        bound = f"at least {least:g}" if most == float("inf") else f"from {least:g} to {most:g}"
        yield ValueFault(place, str(value), bound)

"""Analytics query filters: predicates, combined by ``and`` and ``or`` in clauses and filters.

Invariants: a filter without predicates and clauses matches everything. A predicate on a dimension
compares strings; one on a metric compares numbers with a value or a range.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.state.examples import Json

__all__ = ["FilterSubject", "match_all_filters", "match_filter"]


class FilterSubject(Struct, frozen=True):
    """The values of a conversation, session or segment to which a filter is applied.

    Attributes:
        dimensions: the dimension values, by the dimension's name.
        metrics: the metric values, by the metric's name; several if the metric was emitted more
            than once.
    """

    dimensions: Mapping[str, str | None]
    metrics: Mapping[str, Sequence[int]] = {}


def match_all_filters(filters: Json, subject: FilterSubject) -> bool:
    """Return whether all filters in a list match a set of values.

    Raises:
        Problem: 400 for an operator that does not exist.
    """
    return all(match_filter(each, subject) for each in _mappings(filters))


def match_filter(known: Mapping[str, Json], subject: FilterSubject) -> bool:
    """Return whether a filter or a clause matches a set of values.

    Raises:
        Problem: 400 for an operator that does not exist.
    """
    verdicts = [
        *(match_filter(each, subject) for each in _mappings(known.get("clauses"))),
        *(_match(each, subject) for each in _mappings(known.get("predicates"))),
    ]
    is_or = str(known.get("type")).lower() == "or"
    return any(verdicts) if is_or and verdicts else all(verdicts)


def _match(predicate: Mapping[str, Json], subject: FilterSubject) -> bool:
    operator = predicate.get("operator") or "matches"
    metric = predicate.get("metric")
    if metric is not None:
        values: Sequence[int] = subject.metrics.get(str(metric), ())
        exists = bool(values)
        matches = any(_fits(each, predicate) for each in values)
    else:
        value = subject.dimensions.get(str(predicate.get("dimension")))
        exists = value is not None
        wanted = predicate.get("value")
        matches = exists and (wanted is None or str(wanted).lower() == str(value).lower())
    match operator:
        case "matches":
            return matches
        case "exists":
            return exists
        case "notExists":
            return not exists
        case other:
            message = f"The operator [{other}] must be matches, exists or notExists."
            raise bad_request(message, field="operator")


def _fits(value: int, predicate: Mapping[str, Json]) -> bool:
    limits, wanted = predicate.get("range"), predicate.get("value")
    if isinstance(limits, Mapping):
        return all(_within(value, name, limit) for name, limit in limits.items())
    return wanted is None or str(value) == str(wanted)


def _within(value: int, name: str, limit: Json) -> bool:
    if not isinstance(limit, int | float):
        return True
    match name:
        case "gt":
            return value > limit
        case "gte":
            return value >= limit
        case "lt":
            return value < limit
        case "lte":
            return value <= limit
        case _:
            return True


def _mappings(value: Json) -> Iterator[Mapping[str, Json]]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, Mapping):
            yield each

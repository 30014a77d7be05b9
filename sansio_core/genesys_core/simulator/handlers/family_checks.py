"""Checks that run before writes in individual API families: entities in use, and empty requests.

Invariants: a check changes nothing. Error codes are those of the platform where they are known;
``general.conflict`` for a schedule in use is a guess.
"""

from collections.abc import Callable, Mapping
from typing import Final

from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.problems import PlatformProblem, bad_request
from genesys_core.simulator.state.examples import Json

__all__ = ["CHECKS", "check_batch", "check_schedule_removal"]

_GROUPS: Final = ("", "api", "v2", "architect", "schedulegroups")
_LISTS: Final = ("openSchedules", "closedSchedules", "holidaySchedules")


def check_schedule_removal(call: ApiCall) -> None:
    """Check that no schedule group uses a schedule to be deleted.

    Raises:
        Problem: 409 if a schedule group uses it, naming the group.
    """
    identity = call.arguments["scheduleId"]
    for group in call.state.collections.get(_GROUPS, {}).values():
        if any(identity in _ids(group.get(name)) for name in _LISTS):
            message = f"The schedule group [{group.get('name')}] uses the schedule."
            raise PlatformProblem(409, "general.conflict", message)


def check_batch(call: ApiCall) -> None:
    """Check that a batch of recordings is not empty.

    Raises:
        Problem: 400 for an empty batch.
    """
    if not call.document().get("batchDownloadRequestList"):
        raise bad_request("The batch must not be empty.", field="batchDownloadRequestList")


def _ids(value: Json) -> list[Json]:
    return (
        [each.get("id") for each in value if isinstance(each, Mapping)]
        if isinstance(value, list)
        else []
    )


CHECKS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = {
    ("DELETE", "/api/v2/architect/schedules/{scheduleId}"): check_schedule_removal,
    ("POST", "/api/v2/recording/batchrequests"): check_batch,
}
"""The check of each operation, performed before the generic rules process the API call."""

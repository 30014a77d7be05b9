"""Uploads that jobs wait for, at ``/simulator/uploads/{uploadId}``.

Invariants: an upload requires no token, as with the platform's signed links; each path can be used
once. The content is not read: the job continues as if the content were valid.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import structs

from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply
from genesys_core.simulator.http.problems import no_such_resource
from genesys_core.simulator.state.definition import OperationFacts
from genesys_core.simulator.state.routes import RouteTable, ServedRoute

__all__ = ["HANDLERS", "ROUTES", "UPLOADS"]

UPLOADS: Final = "/simulator/uploads"
"""The path below which the simulator accepts uploads."""

_TEMPLATE: Final = f"{UPLOADS}/{{uploadId}}"

ROUTES: Final[RouteTable[OperationFacts]] = RouteTable(
    [ServedRoute("PUT", _TEMPLATE, OperationFacts())]
)
"""Routes that accept uploads, and are not in the definition."""


def put_upload(call: ApiCall) -> Reply:
    """Accept an upload, so that the job that waits for it continues."""
    wanted = call.arguments["uploadId"]
    for at, run in call.state.jobs.items():
        if run.upload == wanted and run.resumed is None:
            call.state.jobs[at] = structs.replace(run, resumed=call.now.monotonic)
            return Reply(200)
    raise no_such_resource()


HANDLERS: Mapping[tuple[str, str], Handler] = {("PUT", _TEMPLATE): put_upload}

"""Finds the date up to which the data for an export is complete in the platform's archive.

Invariants: if the operation that reports the date does not exist or is not permitted, the date is
unknown, and all slices are fetched with queries instead of jobs.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from genesys_core.clock import assume_utc
from genesys_core.errors import NotFoundError, PermissionDeniedError
from genesys_core.export.datasets import availability_operation
from genesys_core.paging.places import read_path

if TYPE_CHECKING:
    from genesys_cloud.client.sync_client import Client

__all__ = ["find_available_until"]


def find_available_until(client: "Client", name: str) -> datetime | None:
    """Request and return the date up to which the archive with the data for an export is complete.

    Pass the date as ``available_until`` when you define the export.

    Args:
        client: the client that sends the request.
        name: the name of the export.

    Returns:
        The date; ``None`` if the name is unknown, the export has no archive, or the platform does not
        report the date.

    Raises:
        GenesysCloudError: see :mod:`genesys_core.errors`.
    """
    operation = availability_operation(name)
    if operation is None:
        return None
    try:
        found = read_path(client.send(operation), "dataAvailabilityDate")
    except (NotFoundError, PermissionDeniedError):
        return None
    if not isinstance(found, datetime):
        return None
    # The platform's times are in UTC, and an export rejects times without a zone.
    return assume_utc(found)

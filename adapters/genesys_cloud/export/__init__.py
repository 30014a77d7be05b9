"""Exports of any size, on a laptop or a cluster: plan, run and verify them, and read their status.

::

    from genesys_cloud.export import find_export, plan, run

    slices = plan(find_export("conversations", Interval.of_days(first, last)))
    for part in run(slices, out="conversations"):
        print(part.file, part.totals.records)
"""

from genesys_cloud.export.availability import find_available_until as find_available_until
from genesys_cloud.export.fetching import ClientFactory as ClientFactory
from genesys_cloud.export.fetching import fetch as fetch
from genesys_cloud.export.formats import ExportFormat as ExportFormat
from genesys_cloud.export.running import read_records as read_records
from genesys_cloud.export.running import read_status as read_status
from genesys_cloud.export.running import run as run
from genesys_cloud.export.verifying import Verification as Verification
from genesys_cloud.export.verifying import verify as verify
from genesys_core.export.datasets import DATASETS as DATASETS
from genesys_core.export.datasets import build_recordings_export as build_recordings_export
from genesys_core.export.datasets import find_export as find_export
from genesys_core.export.manifest import ExportedFile as ExportedFile
from genesys_core.export.manifest import ExportPart as ExportPart
from genesys_core.export.manifest import ExportStatus as ExportStatus
from genesys_core.export.manifest import MissingSlice as MissingSlice
from genesys_core.export.plan import Export as Export
from genesys_core.export.plan import Slice as Slice
from genesys_core.export.plan import plan as plan
from genesys_core.export.reading import SliceTotals as SliceTotals

__all__ = [
    "DATASETS",
    "ClientFactory",
    "Export",
    "ExportFormat",
    "ExportPart",
    "ExportStatus",
    "ExportedFile",
    "MissingSlice",
    "Slice",
    "SliceTotals",
    "Verification",
    "build_recordings_export",
    "fetch",
    "find_available_until",
    "find_export",
    "plan",
    "read_records",
    "read_status",
    "run",
    "verify",
]

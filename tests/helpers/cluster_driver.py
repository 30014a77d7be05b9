"""The driver of an export on a Dask cluster, and the client of its workers.

``python -m tests.helpers.cluster_driver SCHEDULER HOST OUT COUNT_OF_DAYS [FORMAT ARCHIVED_DAYS]``
"""

import sys
from datetime import timedelta
from functools import partial

from genesys_cloud import Client, Interval
from genesys_cloud.export import Slice, find_export, plan, run
from tests.helpers.conversations_server import FIRST_DAY


def new_client(host: str) -> Client:
    return Client(host=host, access_token="t", trust_env=False)


def slices_of(days: int, archived: int = 0) -> tuple[Slice, ...]:
    """The slices of so many days, the first of them from the archive."""
    interval = Interval(FIRST_DAY, FIRST_DAY + timedelta(days=days))
    until = FIRST_DAY + timedelta(days=archived)
    return plan(find_export("conversations", interval, available_until=until))


if __name__ == "__main__":
    from distributed import Client as Cluster

    scheduler, host, out, days, *rest = sys.argv[1:]
    kind, archived = rest or ("jsonl", "0")
    slices = slices_of(int(days), int(archived))
    with Cluster(scheduler, timeout=300) as cluster:
        executor = cluster.get_executor()
        client = partial(new_client, host)
        for part in run(slices, out=out, client=client, executor=executor, format=kind):
            print(part.file, flush=True)

"""The driver of an export on a Dask cluster, and the client of its workers.

``python -m tests.helpers.cluster_driver SCHEDULER HOST OUT COUNT_OF_DAYS``
"""

import sys
from datetime import timedelta
from functools import partial

from genesys_cloud import Client, Interval
from genesys_cloud.export import Slice, find_export, plan, run
from tests.helpers.conversations_server import FIRST_DAY


def new_client(host: str) -> Client:
    return Client(host=host, access_token="t", trust_env=False)


def slices_of(days: int) -> tuple[Slice, ...]:
    return plan(find_export("conversations", Interval(FIRST_DAY, FIRST_DAY + timedelta(days=days))))


if __name__ == "__main__":
    from distributed import Client as Cluster

    scheduler, host, out, days = sys.argv[1:]
    with Cluster(scheduler, timeout=30) as cluster:
        executor = cluster.get_executor()
        client = partial(new_client, host)
        for part in run(slices_of(int(days)), out=out, client=client, executor=executor):
            print(part.file, flush=True)

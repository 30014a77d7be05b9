"""What the soak of exports serves and how it compares, in one process and without kills."""

from __future__ import annotations

from functools import partial

import pytest

from genesys_cloud.export import run
from tests.helpers.cluster_driver import new_client, slices_of
from tests.helpers.server import scripted_server
from tests.soak.soak_export import Source, compare, new_platform

COUNT, DAYS = 1200, 4


@pytest.mark.slow
@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_an_export_equals_its_source_and_what_is_wrong_is_counted(tmp_path, format):
    source = Source(COUNT, DAYS)
    with scripted_server(new_platform(COUNT, DAYS).answer) as server:
        client = partial(new_client, server.url)
        list(run(slices_of(DAYS, DAYS // 2), out=tmp_path, client=client, format=format))
    assert compare(tmp_path, source, format) == []
    if format == "parquet":
        return
    first = min(tmp_path.glob("*.jsonl"))
    one, two, *rest = first.read_bytes().splitlines(keepends=True)
    first.write_bytes(b"".join([one, one, two.replace(b"home", b"away", 1), *rest[1:]]))
    wrong = compare(tmp_path, source, format)
    assert wrong[:2] == ["1 records are missing", "1 records are repeated"]
    assert len(wrong) == (3 if b"home" in two else 2)

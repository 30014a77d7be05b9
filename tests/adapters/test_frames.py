"""Frames: listings, pages, models and exports as Arrow, pandas and polars."""

import sys
from datetime import UTC, datetime

import pytest

from genesys_cloud import Client, InvalidValueError
from genesys_cloud.export import find_export, plan, run
from genesys_cloud.frames import to_arrow, to_pandas, to_polars
from genesys_cloud.models import ConversationAggregateDataContainer, User, UserEntityListing, UserMe
from genesys_core.codec.unknown_fields import remember_model
from tests.helpers.conversations_server import conversations_server

pytestmark = pytest.mark.slow  # the packages take seconds to import

USERS = [
    User(id="u1", name="Ada", version=3, date_last_login=datetime(2024, 1, 1, tzinfo=UTC)),
    User(id="u2", skills=[]),
]


def test_models_become_typed_columns():
    table = to_arrow(USERS)
    assert table.column("id").to_pylist() == ["u1", "u2"]
    assert str(table.schema.field("version").type) == "int64"
    assert str(table.schema.field("dateLastLogin").type) == "timestamp[ms, tz=UTC]"
    assert table.column("dateLastLogin").to_pylist() == [datetime(2024, 1, 1, tzinfo=UTC), None]
    assert to_arrow(UserEntityListing(entities=USERS)).equals(table)
    assert to_arrow(iter(USERS)).equals(table)
    assert to_arrow(UserMe(id="u1")).num_rows == 1


def test_pandas_keeps_integers_and_polars_has_structs():
    frame = to_pandas(USERS)
    assert str(frame["version"].dtype) == "int64[pyarrow]"
    assert frame["name"].tolist()[0] == "Ada"
    columns = to_polars([User(id="u", addresses=[])])
    assert columns.shape[0] == 1
    assert "List(Struct(" in str(columns.schema["addresses"])


def test_objects_with_any_names_are_maps():
    table = to_arrow([ConversationAggregateDataContainer(group={"mediaType": "voice"})])
    assert table.column("group").to_pylist() == [[("mediaType", "voice")]]


def test_an_unknown_number_beyond_a_double_is_no_obstacle():
    user = User(id="u1")
    remember_model(user, b'{"id":"u1","newer":1e400,"newest":5}')
    assert to_arrow([user]).column("_rest").to_pylist() == ['{"$.newer":null,"$.newest":5}']


def test_a_listing_and_an_export(tmp_path):
    with conversations_server(2500, 3) as (server, _):
        options = {"host": server.url, "access_token": "t", "trust_env": False}
        with Client(**options) as client:
            assert to_arrow(client.users.get_users.paginate()).num_rows == 30
        for kind in ("jsonl", "parquet"):
            out = tmp_path / kind
            list(
                run(
                    plan(find_export("users")),
                    out=out,
                    client=lambda: Client(**options),
                    format=kind,
                )
            )
            assert to_arrow(out).column("name").to_pylist() == [f"User {n}" for n in range(30)]
        list(
            run(
                plan(find_export("users")),
                out=tmp_path / "csv",
                client=lambda: Client(**options),
                format="csv",
            )
        )
        with pytest.raises(InvalidValueError, match="CSV has no types"):
            to_arrow(tmp_path / "csv")


def test_many_records_are_converted_in_batches():
    table = to_arrow(User(id=str(n)) for n in range(4500))
    assert table.num_rows == 4500
    assert len(table.column("id").chunks) == 3


def test_no_records_need_a_model():
    with pytest.raises(InvalidValueError, match="pass the type of the records as `model`"):
        to_arrow([])
    assert to_arrow([], model=User).num_rows == 0
    assert to_arrow([], model=User).schema == to_arrow(USERS).schema


def test_what_is_no_source():
    async def listing():
        yield 1

    for source in (5, listing(), {"id": "u1"}):
        with pytest.raises(TypeError, match="source must be models"):
            to_arrow(source)


def test_a_missing_package_is_named(monkeypatch):
    for name in ("pandas", "polars"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="pip install pandas"):
        to_pandas(USERS)
    with pytest.raises(ImportError, match="pip install polars"):
        to_polars(USERS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"genesys-cloud\[export\]"):
        to_arrow(USERS)

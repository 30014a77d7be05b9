"""A package that is generated from a user's own documents, used by the clients of each flavour."""

import json
import subprocess
import sys
from datetime import date
from email.parser import BytesParser
from inspect import getdoc, signature
from pathlib import Path
from time import monotonic

import pytest

import genesys_cloud
from genesys_cloud import RetryConfiguration
from genesys_cloud.client.async_client import AsyncClientBase
from genesys_cloud.client.sync_client import SyncClientBase
from genesys_cloud.definition import generate
from genesys_cloud.definition.__main__ import main
from genesys_cloud.simulator import running_simulator
from genesys_core.definition import BANNER_START
from genesys_core.definition.read.naming import CLIENT_ATTRIBUTES, api_name
from genesys_core.errors import ConfigurationError, InvalidValueError
from tests.helpers.fake_time import FakeTime
from tests.helpers.flavours import every_flavour, settled
from tests.helpers.listeners import listening
from tests.helpers.server import Reply, scripted_server
from tests.helpers.type_checkers import CHECKERS, check_types
from tests.helpers.workshop import own_package, write_documents

REPEAT = RetryConfiguration(max_retry_time_sec=30, retry_wait_max=0, repeat_unsafe=True)
LAMP = {"id": "1", "state": "lit", "watts": 40, "boughtOn": "2024-02-29", "labels": {"a": "b"}}


def answer(seen):
    replies = {
        ("GET", "/api/v2/users/me"): {"id": "u", "name": "Ann", "bench": {"lamps": [LAMP]}},
        ("GET", "/api/v2/lamps/1"): LAMP,
        ("POST", "/api/v2/lamps/jobs"): {"id": "job"},
        ("GET", "/api/v2/lamps/jobs/job"): {"id": "job", "state": "SUCCEEDED"},
    }
    listings = ("/api/v2/lamps", "/api/v2/lamps/jobs/job/results")
    if seen.method == "GET" and seen.path in listings:
        number = int(dict(seen.query).get("pageNumber", "1"))
        page = {"entities": [{**LAMP, "id": str(number)}], "pageNumber": number, "pageCount": 2}
        return Reply(json=page)
    if seen.method == "POST" and seen.path == "/api/v2/lamps":
        return Reply(status=201, json={**json.loads(seen.body), "id": "9"})
    return Reply(json=replies[seen.method, seen.path])


@every_flavour
def test_clients_send_and_decode_what_the_document_describes(acme, run, monkeypatch):
    async def scenario(api):
        client, models = api.client, acme.models
        me = await settled(client.users.get_users_me())
        assert type(me) is models.UserMe
        assert type(me.bench.lamps[0]) is models.Lamp
        assert me.bench.lamps[0].bought_on == date(2024, 2, 29)
        made = await settled(client.lamps.post_lamps(models.Lamp(state="dark", watts=1)))
        assert made == models.Lamp(id="9", state="dark", watts=1)
        lamps = await api.items(acme.api.lamps.get_lamps(state="lit"))
        assert [(type(lamp), lamp.id) for lamp in lamps] == [(models.Lamp, "1"), (models.Lamp, "2")]
        job = await settled(client.lamps.post_lamps_jobs.run({"state": "lit"}))
        assert (await settled(job.wait())).state == "SUCCEEDED"
        assert not hasattr(client, "routing")

    time = FakeTime(monkeypatch, monotonic())
    with scripted_server(answer) as server:
        run(scenario, package=acme, host=server.url, access_token="t")
    assert time.slept  # until the job was asked for once more


@every_flavour
def test_the_librarys_own_clients_send_its_operations_and_take_its_apis(acme, run):
    async def scenario(api):
        assert type(await api.send(acme.api.users.get_users_me())) is acme.models.UserMe
        name = "LampsApi" if isinstance(api.client, genesys_cloud.Client) else "AsyncLampsApi"
        lamps = getattr(acme, name)(api.client)
        assert type(await settled(lamps.get_lamp("1"))) is acme.models.Lamp
        me = await settled(api.client.users.get_users_me())
        assert type(me) is genesys_cloud.models.UserMe

    with scripted_server(answer) as server:
        run(scenario, host=server.url, access_token="t")


@every_flavour
def test_events_of_its_topics_are_its_models(acme, run):
    with running_simulator() as simulator:
        simulator.simulator.state.extra_topics = {"v2.lamps.1"}

        async def main(api):
            async def scenario(listener):
                await listener.do("add_subscription", "v2.lamps.1")
                simulator.publish("v2.lamps.1", {"id": "1", "lit": True})
                event = await listener.next()
                assert event.event_body == acme.models.LampsEventLamp(id="1", lit=True)
                await listener.do("remove_all_subscriptions")

            await listening(api, scenario)

        token = simulator.access_token()
        run(main, package=acme, host=simulator.url, access_token=token)
    assert acme.NOTIFICATION_TOPICS["v2.lamps.{id}"] is acme.models.LampsEventLamp


ORDERS = [
    {"orderType": "Repair", "parts": ["a"], "lamp": LAMP, "new": 1},
    {"orderType": "purchase", "count": 2, "for": {"orderType": "Gift", "ribbon": {"x": [1]}}},
    {"orderType": "Gift", "ribbon": {"colour": "red"}},
    {"id": "9"},
]


@every_flavour
def test_models_of_several_kinds_come_and_go_whole(acme, run):
    models = acme.models

    async def scenario(api):
        repair, purchase, gift, nothing = await settled(api.client.lamps.get_lamps_orders())
        assert repair == models.Repair(
            order_type="Repair",
            parts=["a"],
            lamp=models.Lamp(
                id="1", state="lit", watts=40, bought_on=date(2024, 2, 29), labels={"a": "b"}
            ),
        )
        assert type(purchase) is models.Purchase
        assert purchase.for_ == ORDERS[1]["for"]
        assert (gift, nothing) == (ORDERS[2], ORDERS[3])
        for order in (purchase, gift, {"orderType": "Repair"}):
            await api.send(acme.api.lamps.post_lamps_orders(order))
        made = models.Repair(order_type="Repair", for_=purchase)
        await api.send(acme.api.lamps.post_lamps_orders(made))
        reply = await api.send(acme.api.lamps.post_lamps_orders(gift))
        reply["ribbon"]["colour"] = "blue"
        await api.send(acme.api.lamps.post_lamps_orders(reply))
        known = await api.send(acme.api.lamps.post_lamps_orders(ORDERS[0]))
        known.parts = ["b"]
        await api.send(acme.api.lamps.post_lamps_orders(known))

    def orders(seen):
        return Reply(json=ORDERS if seen.method == "GET" else json.loads(seen.body))

    with scripted_server(orders) as server:
        run(scenario, package=acme, host=server.url, access_token="t")
    sent = [json.loads(one.body) for one in server.requests if one.method == "POST"]
    assert sent == [
        ORDERS[1],
        ORDERS[2],
        {"orderType": "Repair"},
        {"orderType": "Repair", "for": ORDERS[1]},
        ORDERS[2],
        {"orderType": "Gift", "ribbon": {"colour": "blue"}},
        ORDERS[0],
        {**ORDERS[0], "parts": ["b"]},
    ]


@every_flavour
def test_each_successful_status_has_its_type(acme, run):
    replies = {
        "now": Reply(json={"orderType": "purchase", "count": 1}),
        "later": Reply(status=202, json={"id": "job"}),
        "never": Reply(status=204),
    }

    async def scenario(api):
        def order(name):
            return api.send(acme.api.lamps.post_lamps_orders({"orderType": "x", "id": name}))

        assert await order("now") == acme.models.Purchase(order_type="purchase", count=1)
        assert await order("later") == acme.models.LampJob(id="job")
        assert await order("never") is None

    with scripted_server(lambda seen: replies[json.loads(seen.body)["id"]]) as server:
        run(scenario, package=acme, host=server.url, access_token="t")


@every_flavour
def test_forms_arrive_as_forms(acme, run):
    picture = bytes(range(256))

    async def scenario(api):
        lamps = api.client.lamps
        part = genesys_cloud.Part("", picture, "lamp.png", "image/png")
        lamp = await settled(lamps.post_lamp_picture("1", part, title="ü", tags=["a", "b"]))
        assert type(lamp) is acme.models.Lamp
        await settled(lamps.post_lamp_picture("1", b"plain"))
        assert await settled(lamps.post_lamps_logins("ann", password="a b&c")) is None
        assert await settled(lamps.get_lamp_picture("1")) == picture

    def lamps(seen):
        if seen.path.endswith("logins"):
            return Reply(status=204)
        if seen.method == "GET":
            return Reply(body=picture, headers=(("Content-Type", "image/png"),))
        return Reply(json=LAMP)

    with scripted_server(lamps) as server:
        run(scenario, package=acme, host=server.url, access_token="t")
    first, second, login, get = server.requests
    form = read_form(first)
    assert [(part.get_filename(), part.get_content_type()) for part in form] == [
        ("lamp.png", "image/png"),
        (None, "text/plain"),
        (None, "text/plain"),
        (None, "text/plain"),
    ]
    contents = [part.get_payload(decode=True) for part in form]
    assert contents == [picture, "ü".encode(), b"a", b"b"]
    assert [part.get_payload(decode=True) for part in read_form(second)] == [b"plain"]
    assert login.header("content-type") == "application/x-www-form-urlencoded"
    assert login.body == b"user=ann&password=a%20b%26c"
    assert get.header("accept") == "image/png"


@every_flavour
def test_a_form_is_sent_again_as_it_was_and_shown_in_no_log(acme, run, tmp_path):
    replies = iter([Reply(status=503, headers=(("Retry-After", "0"),)), Reply(json=LAMP)])
    log = tmp_path / "log"

    async def scenario(api):
        operation = acme.api.lamps.post_lamp_picture("1", b"secret picture", title="x")
        assert "secret" not in repr(operation)
        await api.send(operation.with_options(retry=REPEAT))

    logging = genesys_cloud.Configuration.from_text(
        json.dumps(
            {
                "logging": {
                    "log_level": "trace",
                    "log_request_body": True,
                    "log_file_path": str(log),
                    "log_to_console": False,
                }
            }
        )
    )
    with scripted_server(lambda _: next(replies)) as server:
        run(scenario, package=acme, host=server.url, access_token="t", config=logging)
    first, second = server.requests
    assert (first.body, first.header("content-type")) == (
        second.body,
        second.header("content-type"),
    )
    assert "secret picture" not in log.read_text(encoding="utf-8")


def read_form(seen):
    head = f"Content-Type: {seen.header('content-type')}\r\n\r\n".encode()
    return BytesParser().parsebytes(head + seen.body).get_payload()


def test_descriptions_become_docstrings(acme):
    about = 'Gives "light". Until it\'s dark.\n\nRequired: state. Read-only: id.'
    assert acme.models.Lamp.__doc__ == about
    words = getdoc(acme.api.users.get_users_me)
    assert words.startswith("The person at the bench.\n\nKnows where the lamps are.")
    assert acme.DEFINITION_VERSION == "7.1.0"
    assert acme.LampsApi.__module__ == "acme_workshop.apis.lamps"
    assert "AsyncLampsApi" in dir(acme)
    assert signature(acme.LampsApi.get_lamp).return_annotation is acme.models.Lamp


def test_importing_the_package_imports_no_model(tmp_path):
    with own_package(tmp_path, "acme_lonely"):
        pass
    script = "import sys, acme_lonely as a; a.Client; print([m for m in sys.modules if '._' in m])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = [name for name in json.loads(done.stdout.replace("'", '"')) if "acme" in name]
    assert loaded == ["acme_lonely.apis._clients", "acme_lonely._sync_client"]


@pytest.mark.parametrize("kind", [SyncClientBase, AsyncClientBase])
def test_no_api_hides_an_attribute_of_the_clients(kind):
    own = {name for name in dir(kind) if not name.startswith("_")}
    assert own == CLIENT_ATTRIBUTES
    assert {api_name(name) for name in own} == {f"{name}_" for name in own}


def test_generating_again_changes_nothing_and_removes_what_is_stale(tmp_path):
    documents = write_documents(tmp_path / "documents")

    def again(**more):
        return generate(tmp_path, definition=documents, package="acme.lamps", **more)

    written = again()
    assert "acme/lamps/py.typed" in written
    assert all(path.startswith("acme/lamps/") for path in written)
    before = {path: (tmp_path / path).read_bytes() for path in written}
    assert again() == []
    stale, own = tmp_path / "acme/lamps/api/old.py", tmp_path / "acme/lamps/own.py"
    stale.write_text(f"{BANNER_START} from definition 0; do not edit.\n", encoding="utf-8")
    own.write_text("# By hand.\n", encoding="utf-8")
    assert again(check=True) == ["acme/lamps/api/old.py"]
    assert again() == ["acme/lamps/api/old.py"]
    assert own.exists()
    assert {path: (tmp_path / path).read_bytes() for path in written} == before


def test_a_package_of_another_maker_is_not_overwritten(tmp_path):
    own = tmp_path / "acme_lamps" / "__init__.py"
    own.parent.mkdir()
    own.write_text("# By hand.\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="was not generated"):
        generate(tmp_path, definition=write_documents(tmp_path), package="acme_lamps")
    assert list(own.parent.iterdir()) == [own]


def test_a_name_that_cannot_be_imported_is_refused(tmp_path):
    with pytest.raises(InvalidValueError, match="must be an import name"):
        generate(tmp_path, package="acme-lamps")
    assert list(tmp_path.iterdir()) == []


def test_the_module_writes_a_package_into_the_current_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    definition = str(write_documents(tmp_path / "documents"))
    assert main(["generate", "--package", "acme_lamps", "--definition", definition]) == 0
    assert "written: acme_lamps/__init__.py\n" in capsys.readouterr().out
    assert (tmp_path / "acme_lamps/apis/lamps.pyi").exists()


PROGRAM = """
from typing import Any, assert_type

import acme_workshop
import genesys_cloud
from acme_workshop import AsyncClient, Client, LampsApi, models


def everything(client: Client, own: genesys_cloud.Client) -> None:
    me = client.users.get_users_me()
    assert_type(me, models.UserMe)
    assert_type(own.users.get_users_me(), genesys_cloud.models.UserMe)
    assert_type(own.send(acme_workshop.api.users.get_users_me()), models.UserMe)
    for lamp in client.lamps.get_lamps.paginate(state="lit"):
        assert_type(lamp, models.Lamp)
    assert_type(LampsApi(own).get_lamp("1"), models.Lamp)
    assert_type(client.lamps.post_lamps_jobs.run({}).wait(), models.LampJob)
    for order in client.lamps.get_lamps_orders():
        match order:
            case models.Repair():
                assert_type(order.lamp, models.Lamp | None)
            case models.Purchase():
                assert_type(order.count, int | None)
            case models.Order():
                assert_type(order.for_, models.AnyOrder | None)
            case _:
                assert_type(order, dict[str, Any])
    reply = client.lamps.post_lamps_orders(models.Purchase(order_type="purchase"))
    assert_type(reply, models.AnyOrder | models.LampJob | None)
    made = client.lamps.post_lamp_picture("1", genesys_cloud.Part("", b"", "lamp.png"), tags=["a"])
    assert_type(made, models.Lamp)
    assert_type(client.lamps.get_lamp_picture("1"), bytes)
    client.lamps.post_lamp_picture("1")  # an error
    client.with_options(timeout=3).lamps.delete_lamp("1")
    client.routing  # an error
    client.lamps.get_lamps(stat="lit")  # an error


async def same(client: AsyncClient) -> None:
    assert_type(await client.lamps.get_lamp("1"), models.Lamp)
"""


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_know_the_package(acme, tmp_path, checker):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    found = check_types(checker, [program], Path(acme.__path__[0]).parent)
    expected = [n for n, line in enumerate(PROGRAM.splitlines(), 1) if line.endswith("# an error")]
    assert sorted({one.line for one in found}) == expected, found

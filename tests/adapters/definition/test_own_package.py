"""A package that is generated from a user's own documents, used by the clients of each flavour."""

import json
import subprocess
import sys
from datetime import date
from inspect import signature
from pathlib import Path

import pytest

import genesys_cloud
from genesys_cloud.definition import generate
from genesys_cloud.definition.__main__ import main
from genesys_cloud.simulator import running_simulator
from genesys_core.definition import BANNER_START
from genesys_core.errors import ConfigurationError, InvalidValueError
from tests.helpers.flavours import every_flavour, settled
from tests.helpers.listeners import listening
from tests.helpers.server import Reply, scripted_server
from tests.helpers.type_checkers import CHECKERS, check_types
from tests.helpers.workshop import own_package, write_documents

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
def test_clients_send_and_decode_what_the_document_describes(acme, run):
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

    with scripted_server(answer) as server:
        run(scenario, package=acme, host=server.url, access_token="t")


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


def test_descriptions_become_docstrings(acme):
    about = 'Gives "light". Until it\'s dark.\n\nRequired: state. Read-only: id.'
    assert acme.models.Lamp.__doc__ == about
    words = acme.api.users.get_users_me.__doc__
    assert words.startswith("The person at the bench.\n\n    Knows where the lamps are.")
    assert acme.DEFINITION_VERSION == "7.1.0"
    assert acme.LampsApi.__module__ == "acme_workshop.apis.lamps"
    assert "AsyncLampsApi" in dir(acme)
    assert signature(acme.LampsApi.get_lamp).return_annotation is acme.models.Lamp


def test_importing_the_package_imports_no_model(tmp_path):
    with own_package(tmp_path):
        pass
    script = (
        "import sys, acme_workshop as a; a.Client; print([m for m in sys.modules if '._' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = [name for name in json.loads(done.stdout.replace("'", '"')) if "acme" in name]
    assert loaded == ["acme_workshop.apis._clients", "acme_workshop._sync_client"]


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
    with pytest.raises(ConfigurationError, match="would be replaced"):
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
from typing import assert_type

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

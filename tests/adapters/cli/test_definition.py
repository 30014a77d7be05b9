"""``genesys-cloud definition``: fetching from a simulator, and generating from what was fetched."""

import json

import pytest
from typer.testing import CliRunner

from genesys_cloud import Client, ClientCredentials
from genesys_cloud.cli.app import app
from genesys_cloud.definition import fetch_definition, load_definition, load_topics
from genesys_cloud.simulator import Simulator, running_simulator
from genesys_core.definition import read_definition
from genesys_core.errors import ConfigurationError
from tests.strategies.definition import TRAPS

SMALL = {
    "swagger": "2.0",
    "info": {"version": "7"},
    "paths": {
        "/api/v2/notifications/availabletopics": {
            "get": {
                "tags": ["Notifications"],
                "operationId": "getTopics",
                "parameters": [
                    {"name": "expand", "in": "query", "type": "array", "items": {"type": "string"}}
                ],
                "responses": {"default": {"description": ""}},
            }
        }
    },
}


@pytest.fixture(scope="module")
def running():
    with running_simulator(Simulator(SMALL)) as running:
        yield running


@pytest.mark.parametrize("preview", [[], ["--preview"]])
def test_fetch_saves_what_is_published(running, tmp_path, preview):
    folder = tmp_path / "new" / "folder"
    options = ["--host", running.url, "--output", str(folder), *preview]
    done = CliRunner().invoke(app, ["definition", "fetch", *options])
    assert done.exit_code == 0, done.output
    files = [folder / "swagger.json", folder / "topics.json"]
    assert done.stdout == "".join(f"written: {file}\n" for file in files)
    assert json.loads(files[0].read_bytes()) == SMALL
    assert load_topics(files[1])["entities"]
    path = f"/api/v2/docs/swagger{'preview' if preview else ''}"
    assert running.simulator.count("GET", path) == 1


def test_a_file_that_cannot_be_written_is_named(running, tmp_path):
    (tmp_path / "file").write_text("")
    with (
        Client(host=running.url, trust_env=False) as client,
        pytest.raises(ConfigurationError, match=r"swagger\.json: cannot be written"),
    ):
        fetch_definition(client, tmp_path / "file")


def test_findings_are_printed_and_the_rest_is_generated(tmp_path):
    broken = {**TRAPS, "paths": {**TRAPS["paths"], "/api/v2/x": {"get": 3}}}
    (tmp_path / "swagger.json").write_text(json.dumps(broken))
    options = ["--root", str(tmp_path), "--definition", str(tmp_path / "swagger.json")]
    command = ["definition", "generate", *options]
    strict = CliRunner().invoke(app, [*command, "--strict"])
    assert strict.exit_code == 1
    assert "paths./api/v2/x.get: expected an object" in str(strict.exception)
    assert not (tmp_path / "sansio_core").exists()
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0
    assert done.stderr == "paths./api/v2/x.get: expected an object, found a number; ignored\n"
    assert (tmp_path / "sansio_core/genesys_core/api/users.py").exists()


@pytest.mark.slow
def test_the_bundled_definition_comes_back_from_the_simulator_whole(tmp_path):
    with running_simulator() as running:
        grant = ClientCredentials(running.client_id, running.client_secret)
        client = Client(host=running.url, auth=grant, trust_env=False)
        with client:
            files = fetch_definition(client, tmp_path)
    fetched = read_definition(load_definition(files[0]), load_topics(files[1]))
    assert fetched.findings == ()
    assert fetched == read_definition(load_definition(), load_topics())

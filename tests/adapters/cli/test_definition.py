"""``genesys-cloud definition``: fetching from a simulator, and generating from what was fetched."""

import errno
import json
import os

import pytest
from typer.testing import CliRunner

from genesys_cloud import Client, ClientCredentials
from genesys_cloud.cli.app import app
from genesys_cloud.client.atomic_file import AtomicFile
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


def test_a_full_disk_leaves_the_files_of_an_earlier_fetch(running, tmp_path, monkeypatch):
    write = AtomicFile.write

    def fill(file: AtomicFile, content: bytes) -> None:
        write(file, content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "swagger.json").write_text("{}")
    with Client(host=running.url, trust_env=False) as client, monkeypatch.context() as patch:
        patch.setattr(AtomicFile, "write", fill)
        with pytest.raises(ConfigurationError, match=r"swagger\.json: cannot be written: No space"):
            fetch_definition(client, tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["{}"]


def test_a_file_that_cannot_be_written_is_named(running, tmp_path):
    (tmp_path / "file").write_text("")
    with (
        Client(host=running.url, trust_env=False) as client,
        pytest.raises(ConfigurationError, match=r"file: cannot be written: File exists"),
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


def run(*arguments):
    return CliRunner().invoke(app, ["definition", *map(str, arguments)])


@pytest.fixture
def pair(tmp_path):
    """Two folders as ``fetch`` saves them: a model is new, and a topic is gone."""
    new = {**SMALL, "info": {"version": "8"}, "definitions": {"New": {"type": "object"}}}
    topic = {"id": "v2.a", "schema": {"id": "urn:jsonschema:A", "type": "object"}}
    for name, document, entities in (("old", SMALL, [topic]), ("new", new, [])):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "swagger.json").write_text(json.dumps(document))
        (folder / "topics.json").write_text(json.dumps({"entities": entities}))
    return tmp_path / "old", tmp_path / "new"


def test_diff_prints_what_changed(pair):
    done = run("diff", *pair)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "major model-removed: A (response)\n"
        "major topic-removed: v2.a: A\n"
        "minor model-added: New\n"
        "3 changes: 2 major, 1 minor\n"
    )
    assert run("diff", *pair, "--least", "major").stdout.count("\n") == 3


def test_diff_compares_files_without_topics(pair):
    done = run("diff", *(folder / "swagger.json" for folder in pair), "--format", "markdown")
    assert done.stdout.startswith("# API definition 7 to 8\n\n1 change: 1 minor.\n")


def test_diff_for_a_changelog(pair):
    done = run("diff", *pair, "--format", "changelog")
    assert done.stdout == (
        "* API definition 7 to 8: 3 changes: 2 major, 1 minor.\n"
        "  * Breaking, model removed: `A`.\n"
        "  * Breaking, topic removed: `v2.a`: `A`.\n"
        "  * New: 1 x model added.\n"
    )


def test_diff_for_tools(pair):
    done = run("diff", *pair, "--format", "json")
    assert [one["rule"] for one in json.loads(done.stdout)["changes"]] == [
        "model-removed",
        "topic-removed",
        "model-added",
    ]


def test_a_diff_for_tools_is_json_whatever_a_description_contains(pair):
    text = 'line\u2028separated\x85 \x9b1m \u202e \\ " \n'
    new = json.loads((pair[1] / "swagger.json").read_text())
    new["paths"]["/api/v2/notifications/availabletopics"]["get"]["summary"] = text
    (pair[1] / "swagger.json").write_text(json.dumps(new))
    done = run("diff", *pair, "--format", "json")
    assert text in {one["new"] for one in json.loads(done.stdout)["changes"]}
    assert not {"\u2028", "\x85", "\x9b", "\u202e"} & set(done.stdout)


@pytest.mark.parametrize(
    ("ignored", "limit", "code", "said"),
    [
        ("", "major", 1, ""),
        ("", "none", 1, ""),
        ("topic-removed\nmodel-*\n", "major", 1, "is not a rule"),
        ("topic-removed\n* A", "warn", 0, ""),
        (
            "topic-removed\n* A\nmodel-added B",
            "minor",
            1,
            "line 3: this rule matches no change; remove it",
        ),
    ],
)
def test_diff_fails_on_what_is_not_ignored(pair, ignored, limit, code, said):
    tmp_path = pair[0].parent
    (tmp_path / "ignored").write_text(ignored)
    done = run("diff", *pair, "--ignore", tmp_path / "ignored", "--fail-on", limit)
    assert done.exit_code == code
    assert said in f"{done.stderr}{done.exception or ''}"


def test_diff_prints_no_report_if_the_severity_does_not_exist(pair):
    done = run("diff", *pair, "--fail-on", "x")
    assert "severity 'x': must be one of none, point" in str(done.exception)
    assert done.stdout == ""


def test_an_ignore_file_that_cannot_be_read_is_named(pair, tmp_path):
    done = run("diff", *pair, "--ignore", tmp_path / "nowhere")
    assert isinstance(done.exception, ConfigurationError)
    assert "nowhere: cannot be read" in str(done.exception)


def test_diff_may_be_limited_to_what_a_program_uses(pair, tmp_path):
    program = tmp_path / "program"
    for name in ("app.py", "venv/lib/other.py", ".hidden/other.py"):
        (program / name).parent.mkdir(parents=True, exist_ok=True)
        (program / name).write_text("\nhandler.add_subscription('v2.a')\n")
    (program / "venv" / "pyvenv.cfg").write_text("")
    place = program / "app.py"
    done = run("diff", *pair, "--usage", program)
    assert done.stdout == (
        f"major model-removed: A (response)\n      {place}:2\n"
        f"major topic-removed: v2.a: A\n      {place}:2\n2 changes: 2 major\n"
    )
    assert run("diff", *pair, "--usage", place).stdout == done.stdout
    place.write_text("print()\n")
    assert run("diff", *pair, "--usage", program, "--fail-on", "none").exit_code == 0
    place.write_bytes(b"\xff")
    assert "cannot be read as Python" in str(run("diff", *pair, "--usage", program).exception)
    place.unlink()
    assert "has no Python files" in str(run("diff", *pair, "--usage", program).exception)


@pytest.mark.slow
def test_the_bundled_definition_does_not_differ_from_itself():
    assert run("diff", "bundled", "bundled").stdout == "no changes\n"


def test_the_reference_of_what_was_fetched(tmp_path):
    (tmp_path / "swagger.json").write_text(json.dumps(SMALL))
    (tmp_path / "topics.json").write_text('{"notifications": []}')
    report = tmp_path / "report.json"
    report.write_text('{"old": "6", "new": "7", "changes": []}')
    pages = tmp_path / "pages"
    options = ["--output", str(pages), "--definition", str(tmp_path), "--changes", str(report)]
    done = CliRunner().invoke(app, ["definition", "reference", *options])
    assert done.exit_code == 0, done.output
    written = list(pages.rglob("*.md"))
    assert done.stdout == f"written: {len(written)} pages in {pages}\n"
    assert "{ #get_topics }" in (pages / "apis" / "notifications.md").read_text()
    assert "Since `6`: 0 changes." in (pages / "changes.md").read_text()


def test_a_path_that_cannot_be_used_is_named(pair, tmp_path):
    _, new = pair
    file = tmp_path / "file"
    file.write_text("")
    missing = tmp_path / "missing.json"
    pages = ("--output", tmp_path / "pages", "--changes", missing)
    for arguments, said in (
        (("reference", "--output", file), f"{file}: cannot be written: File exists"),
        (("reference", *pages), f"{missing}: cannot be read: No such file or directory"),
        (
            ("reference", "--output", file, "--topics", missing),
            f"{missing}: cannot be read: No such",
        ),
        (("generate", "--root", file, "--package", "acme"), f"{file}/acme"),
    ):
        done = run(*arguments, "--definition", new)
        assert isinstance(done.exception, ConfigurationError)
        assert str(done.exception).startswith(said)

"""Operations on the command line, against the simulated platform."""

import csv
import io
import json
import os
import shlex
import subprocess
import sys

import pytest

from genesys_cloud.simulator import running_simulator
from tests.helpers.command import COMMAND, run_command, spawn
from tests.helpers.server import Reply, Stall, scripted_server

pytestmark = pytest.mark.usefixtures("clean_home")


@pytest.fixture(scope="module")
def platform():
    with running_simulator() as running:
        yield running


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch, platform, clean_home):
    monkeypatch.setenv("GENESYSCLOUD_HOST", platform.url)
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_ID", platform.client_id)
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", platform.client_secret)


def test_a_response_is_json_in_a_pipe():
    done = run_command("users", "get_users", "--page-size", "2")
    assert (done.code, done.err) == (0, "")
    page = json.loads(done.out)
    assert [user["name"] for user in page["entities"]] == ["User 001", "User 002"]
    assert page["total"] == 60
    assert done.out.startswith('{\n  "entities"')


def test_all_pages_and_limits():
    names = run_command("users", "get_users", "--all", "--query", "[].name", "-o", "jsonl").out
    assert len(names.splitlines()) == 60
    some = run_command("users", "get-users", "--limit", "3", "-o", "id").out
    assert len(some.split()) == 3
    assert run_command("users", "get_users", "--limit", "x").err == (
        "genesys-cloud: --limit 'x': must be a whole number, 0 or more\n"
    )


def test_every_format():
    def shown(*options):
        done = run_command("users", "get_users", "--limit", "2", *options)
        assert done.code == 0, done.err
        return done.out

    items = json.loads(shown())
    assert [item["name"] for item in items] == ["User 001", "User 002"]
    assert [json.loads(line) for line in shown("-o", "jsonl").splitlines()] == items
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(shown("-o", "yaml")) == items
    assert shown("-o", "id").split() == [item["id"] for item in items]
    rows = list(csv.DictReader(io.StringIO(shown("-o", "csv"))))
    assert [row["division.name"] for row in rows] == ["Home", "Home"]
    assert shown("--columns", "name,division.name") == (
        "name,division.name\nUser 001,Home\nUser 002,Home\n"
    )
    table = shown("-o", "table").splitlines()
    assert [line.split()[0] for line in table[:1]] == ["id"]
    assert "user001@example.com" in table[1]
    narrow = run_command(
        "users", "get_users", "--limit", "2", "-o", "table", environment={"COLUMNS": "40"}
    )
    assert all(len(line) <= 40 for line in narrow.out.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_json_and_yaml_have_escapes_for_characters_that_the_output_cannot_encode(encoding):
    name = "Ünïcode € 李 😀"
    yaml = pytest.importorskip("yaml")
    environment = {
        "PYTHONIOENCODING": encoding,
        "GENESYSCLOUD_ACCESS_TOKEN": "t" * 40,
        "GENESYSCLOUD_OAUTHCLIENT_ID": "",
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": "",
    }
    with scripted_server(lambda _: Reply(json={"name": name})) as server:
        environment["GENESYSCLOUD_HOST"] = server.url
        for form, read in (
            ("json", json.loads),
            ("jsonl", json.loads),
            ("yaml", yaml.safe_load),
        ):
            words = ("users", "get_users_me", "-o", form)
            done = spawn(*words, environment=environment, encoding=encoding)
            assert (done.code, done.err) == (0, "")
            assert read(done.out) == {"name": name}


def test_a_single_object_as_a_table_and_as_rows():
    me = json.loads(run_command("users", "get_users_me").out)
    table = run_command("users", "get_users_me", "-o", "table").out
    assert any(line.split() == ["name", *me["name"].split()] for line in table.splitlines())
    assert run_command("users", "get_users_me", "-o", "id").out == me["id"] + "\n"


def test_selection():
    done = run_command("users", "get_users", "--page-size", "1", "--query", "entities[0].name")
    assert done.out == '"User 001"\n'
    wrong = run_command("users", "get_users", "--query", "a[")
    assert wrong.code == 2
    assert "--query 'a[': " in wrong.err
    # The request was sent, so the exit code is not that of an invalid command line.
    unsuitable = run_command("users", "get_users_me", "--query", "abs(name)")
    assert (unsuitable.code, "--query 'abs(name)': " in unsuitable.err) == (11, True)
    table = run_command("users", "get_users", "--query", "entities[:1].{name: name}", "-o", "csv")
    assert table.out == "name\nUser 001\n"


def test_create_read_update_delete():
    made = run_command("routing", "post_routing_queues", "name=Ann's", "description=x", "-o", "id")
    assert made.code == 0, made.err
    queue = made.out.strip()
    got = json.loads(run_command("routing", "get_routing_queue", queue).out)
    assert got["description"] == "x"
    changed = run_command(
        "routing", "put_routing_queue", queue, "--body", "-", "description=y", stdin=json.dumps(got)
    )
    assert json.loads(changed.out)["description"] == "y"
    assert run_command("routing", "delete_routing_queue", "--queue-id", queue).out == ""
    gone = run_command("routing", "get_routing_queue", queue)
    assert (gone.code, gone.out) == (5, "")
    assert gone.err.startswith("genesys-cloud: ")
    assert "404" in gone.err


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Bob", "description": "no"}',
        "name: Bob\ndescription: no\n",
        '\ufeff{\n\t"name": "Bob",\n\t"description": "no"\n}',
    ],
)
def test_bodies_from_files_in_json_and_yaml(tmp_path, text):
    path = tmp_path / "body"
    path.write_text(text, "utf-8")
    done = run_command("routing", "post_routing_queues", "--body", f"@{path}", "--dry-run")
    body = json.loads(done.out.partition("\n\n")[2])
    assert body == {"name": "Bob", "description": "no"}


def test_integers_with_a_zero_at_the_beginning_are_decimal(tmp_path):
    done = run_command(
        "routing", "post_routing_queues", "--body", "name: 0123\ndescription: -09", "--dry-run"
    )
    assert json.loads(done.out.partition("\n\n")[2]) == {"name": 123, "description": -9}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("@/nonexistent", "/nonexistent: cannot be read: No such file"),
        ('{"a"', "--body: not valid JSON"),
        ("a: [", "--body: neither JSON nor YAML"),
        ("a: " + "1" * 5_000, "--body: neither JSON nor YAML"),
        (
            "a: !!timestamp x",
            "--body: neither JSON nor YAML: a value does not match its YAML tag",
        ),
        ("a: !!bool x", "--body: neither JSON nor YAML: a value does not match its YAML tag"),
        (
            "a: !!float ''",
            "--body: neither JSON nor YAML: a value does not match its YAML tag",
        ),
        ("[" * 100_000, "--body: nested too deeply"),
        pytest.param("a: " + "[" * 20_000, "--body: nested too deeply", marks=pytest.mark.slow),
    ],
)
def test_bodies_that_cannot_be_read(body, words):
    done = run_command("routing", "post_routing_queues", "--body", body)
    assert done.code == 2
    assert words in done.err


def test_a_body_where_there_is_none():
    assert "takes no body" in run_command("users", "get_users", "--body", "{}").err
    assert "takes no body" in run_command("users", "get_users", "--edit").err
    needed = run_command("routing", "post_routing_queues")
    assert needed.code == 2
    assert "a body of type CreateQueueRequest (--body" in needed.err


def test_keys_in_yaml_are_strings_as_written():
    body = "true: a\n01: b\nnull: c\n? [d]\n: e\n"
    done = run_command("routing", "post_routing_queues", "--body", body[:-11], "--dry-run")
    assert json.loads(done.out.partition("\n\n")[2]) == {"true": "a", "01": "b", "null": "c"}
    assert run_command("routing", "post_routing_queues", "--body", body).code == 2


def test_a_dry_run_sends_nothing_and_shows_no_token(platform):
    before = len(platform.requests) if hasattr(platform, "requests") else None
    done = run_command("routing", "post_routing_queues", "name=a", "--dry-run", "-H", "X-A: b")
    assert done.out.startswith(f"POST {platform.url}/api/v2/routing/queues\n")
    assert "Authorization: [REDACTED]" in done.out
    assert "X-A: b" in done.out
    curl = run_command("routing", "post_routing_queues", "name=a", "--curl").out
    assert "$GENESYSCLOUD_ACCESS_TOKEN" in curl
    assert platform.client_secret not in done.out + curl
    if before is not None:
        assert len(platform.requests) == before


def test_raw_and_verbose():
    raw = run_command("users", "get_users_me", "--raw").out
    assert json.loads(raw)["id"]
    assert "\n" not in raw
    done = run_command("users", "get_users_me", "-v")
    lines = done.err.splitlines()
    assert lines[0].startswith("> POST ")
    assert "/api/v2/users/me: 200 after " in lines[1]
    assert "correlation id" in lines[1]


def test_call_reaches_any_endpoint():
    done = run_command("call", "GET", "/api/v2/users?pageSize=2", "-p", "pageNumber=2")
    assert json.loads(done.out)["pageNumber"] == 2
    listed = run_command("call", "get", "/api/v2/users", "--limit", "30", "-o", "id")
    assert len(listed.out.split()) == 30
    made = run_command("call", "POST", "/api/v2/routing/queues", "name=Raw", "--query", "name")
    assert made.out == '"Raw"\n'
    assert "expected NAME=VALUE" in run_command("call", "GET", "/x", "-p", "a").err
    assert "expected NAME:VALUE" in run_command("call", "GET", "/x", "-H", "a").err
    assert "--param NAME=VALUE" in run_command("call", "--help").out


def test_an_interrupted_listing_says_how_to_continue():
    with scripted_server(_second_page_fails) as server:
        environment = {
            "GENESYSCLOUD_HOST": server.url,
            "GENESYSCLOUD_ACCESS_TOKEN": "t" * 40,
            "GENESYSCLOUD_OAUTHCLIENT_ID": "",
            "GENESYSCLOUD_OAUTHCLIENT_SECRET": "",
        }
        done = run_command("users", "get_users", "--all", "-o", "id", environment=environment)
        assert (done.code, done.out) == (4, "u-1\nu-2\n")
        hint, error = done.err.splitlines()
        assert "403" in error
        token = hint.removeprefix("genesys-cloud: continue with --resume ")
        rest = run_command(
            "users", "get_users", "--resume", token, "-o", "id", environment=environment
        )
        assert (rest.code, rest.out) == (0, "u-3\n")


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        (("-o", "json"), '[\n  {\n    "id": "u-1"\n  },\n  {\n    "id": "u-2"\n  }\n'),
        (("-o", "csv"), "id\nu-1\nu-2\n"),
        (("-o", "table"), "id\nu-1\nu-2\n"),
        (("--query", "[].id"), ""),
    ],
)
def test_no_item_is_lost_between_an_interrupted_listing_and_its_continuation(options, printed):
    REFUSED.clear()
    with scripted_server(_second_page_fails) as server:
        environment = {
            "GENESYSCLOUD_HOST": server.url,
            "GENESYSCLOUD_ACCESS_TOKEN": "t" * 40,
            "GENESYSCLOUD_OAUTHCLIENT_ID": "",
            "GENESYSCLOUD_OAUTHCLIENT_SECRET": "",
        }
        done = run_command("users", "get_users", "--all", *options, environment=environment)
    assert done.code == 4
    assert "".join(f"{line.rstrip()}\n" for line in done.out.splitlines()) == printed
    # A query is applied to all items together: nothing was printed that could be continued.
    assert ("--resume" in done.err) is bool(printed)


def test_a_listing_that_timed_out_says_how_to_continue(clean_home):
    """The error is a builtin ``TimeoutError`` too, and so an ``OSError``."""
    config = clean_home / ".genesyscloudpython" / "config"
    config.parent.mkdir()
    config.write_text("[retry]\nretry_wait_max = 0\n")

    def answer(seen):
        return Stall() if "pageNumber=2" in seen.target else _second_page_fails(seen)

    with scripted_server(answer) as server:
        environment = {
            "GENESYSCLOUD_HOST": server.url,
            "GENESYSCLOUD_ACCESS_TOKEN": "t" * 40,
            "GENESYSCLOUD_OAUTHCLIENT_ID": "",
            "GENESYSCLOUD_OAUTHCLIENT_SECRET": "",
        }
        options = ("--all", "-o", "id", "--timeout", "0.2")
        done = run_command("users", "get_users", *options, environment=environment)
    assert (done.code, done.out) == (10, "u-1\nu-2\n")
    assert "--resume" in done.err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_listing_that_cannot_be_written_names_no_token(tmp_path):
    """Standard output is buffered, so the position of the last item written is unknown."""
    command = shlex.join([*COMMAND, "users", "get_users", "--all", "-o", "jsonl"])
    done = subprocess.run(
        ["sh", "-c", f"ulimit -f 8; exec {command} > users.jsonl"],
        cwd=tmp_path,
        # The limit would truncate bytecode files too.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "genesys-cloud: cannot write: File too large\n")


REFUSED = []


def _second_page_fails(seen):
    if "pageNumber=2" not in seen.target and "pageNumber" in seen.target:
        return Reply(json={"entities": []})
    if "pageNumber=2" in seen.target:
        if not REFUSED:
            REFUSED.append(seen)
            return Reply(403, {"message": "no"})
        return Reply(json={"entities": [{"id": "u-3"}], "pageNumber": 2, "pageCount": 2})
    return Reply(json={"entities": [{"id": "u-1"}, {"id": "u-2"}], "pageNumber": 1, "pageCount": 2})


@pytest.mark.parametrize(
    ("status", "code"), [(400, 6), (401, 3), (403, 4), (404, 5), (409, 6), (413, 6)]
)
def test_exit_codes_by_kind_of_error(status, code):
    with scripted_server(lambda seen: Reply(status, {"message": "no \x1b[2J"})) as server:
        environment = {"GENESYSCLOUD_ACCESS_TOKEN": "t" * 40, "GENESYSCLOUD_OAUTHCLIENT_ID": ""}
        done = run_command("--host", server.url, "users", "get_users_me", environment=environment)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("genesys-cloud: no \\x1b[2J")


def test_no_connection():
    done = run_command("users", "get_users_me", "--host", "http://127.0.0.1:1", "--timeout", "1")
    assert done.code == 9
    assert "127.0.0.1:1" in done.err


def test_help_from_the_definition():
    api = run_command("users", "--help")
    assert "get_users_me" in api.out
    assert run_command("users").out == api.out
    page = run_command("users", "get-users", "-h").out
    assert "--page-size N" in page
    assert run_command("users", "get_users", "--page-size", "x").code == 2
    assert "did you mean get_users_me?" in run_command("users", "get_users_m").err


def test_apis():
    everything = run_command("apis").out.splitlines()
    assert len(everything) == 87
    assert "users  130 operations" in everything
    found = run_command("apis", "wrapup", "--path", "routing").out
    assert "routing get_routing_wrapupcodes" in found
    assert run_command("apis", "--preview").out != run_command("apis", "--deprecated").out
    assert "users get_users_me" not in run_command("apis", "--permission", "routing:queue:add").out


def test_describe():
    assert "GET /api/v2/users/me" in run_command("describe", "get_users_me").out
    assert run_command("describe", "users", "get-users-me").code == 0
    model = run_command("describe", "model", "CreateUser").out
    assert "  name string (required)" in model
    topic = run_command("describe", "v2.users.{id}.presence").out
    assert "PresenceEventUserPresence" in topic
    assert "Also: genesys-cloud" in run_command("describe", "get_authorization_division").out
    for wrong in (["get_userz_me"], ["model", "Usre"], ["v2.x"], ["a", "b", "c"]):
        done = run_command("describe", *wrong)
        assert (done.code, done.out) == (2, "")
    assert "needs METHOD, API METHOD, model NAME or TOPIC" in run_command("describe", "model").err


@pytest.mark.slow
def test_a_closed_pipe_ends_the_command_quietly(platform):
    import os
    import subprocess

    from tests.helpers.command import COMMAND

    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "users", "get_users", "--all", "-o", "jsonl"],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.slow
def test_the_same_in_a_process_of_its_own():
    done = spawn("users", "get_users", "--limit", "1", "--columns", "name")
    assert (done.code, done.out, done.err) == (0, "name\nUser 001\n", "")

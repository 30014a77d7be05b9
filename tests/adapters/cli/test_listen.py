"""``genesys-cloud listen``, as a process of its own against the simulator."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from genesys_cloud.cli.listen import _json, _text
from genesys_cloud.notifications import Gap
from genesys_cloud.sign_in.saved_sign_in import SavedSignIn, SignInTarget
from genesys_cloud.simulator import running_simulator
from genesys_core.notifications import Metadata, Notification
from genesys_core.notifications.channel.events import wall_datetime
from genesys_core.oauth.tokens import Token
from genesys_core.observability.terminal import escape_json

pytestmark = pytest.mark.slow

LIMIT = 30
TOPIC = "v2.users.user-1.presence"


@pytest.fixture(scope="module")
def simulator():
    with running_simulator() as running:
        running.simulator.state.forbidden_topics = {"v2.flows.{id}": ("architect:flow:view",)}
        yield running


class Running:
    """A command that runs; its lines can be waited for."""

    def __init__(self, process):
        self.process = process
        self.out, self.err = [], []
        self._changed = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=args)
            for args in ((process.stdout, self.out), (process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, lines):
        with stream:
            for line in stream:
                with self._changed:
                    lines.append(line.rstrip("\n"))
                    self._changed.notify_all()

    def wait_for(self, lines, condition):
        with self._changed:
            assert self._changed.wait_for(lambda: condition(lines), LIMIT), (self.out, self.err)

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.code()

    def code(self):
        code = self.process.wait(LIMIT)
        for reader in self._readers:
            reader.join(LIMIT)
        return code


@contextmanager
def command(*arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if "GENESYSCLOUD" not in name}
    process = subprocess.Popen(
        [sys.executable, "-m", "genesys_cloud.cli", "listen", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**clean, **environment},
    )
    running = Running(process)
    try:
        yield running
    finally:
        process.kill()
        running.code()


@pytest.fixture
def environment(simulator, tmp_path):
    """Credentials, and nobody who is signed in."""
    return {
        "GENESYSCLOUD_OAUTHCLIENT_ID": simulator.client_id,
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": simulator.client_secret,
        "GENESYSCLOUD_TOKEN_FILE": str(tmp_path / "tokens.json"),
        "HOME": str(tmp_path),
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_events_and_gaps_are_lines_until_it_is_interrupted(simulator, environment, number):
    with command(TOPIC, "--host", simulator.url, **environment) as running:
        running.wait_for(running.err, lambda lines: "[Subscribed]" in lines)
        simulator.publish(TOPIC, {"message": "hello"})
        running.wait_for(running.out, lambda lines: lines == [f'{TOPIC} {{"message":"hello"}}'])
        simulator.at_hub(
            lambda hub, _: [
                hub.drop(each.id) for each in [*hub.state.channels.values()] if each.is_connected
            ]
        )
        running.wait_for(running.out, lambda lines: lines[-1].endswith("may be missing"))
        assert running.end(number) == 0
        assert simulator.client_secret not in "".join(running.out + running.err)


def test_json_lines_hold_events_as_they_came(simulator, environment):
    arguments = (TOPIC, "--host", simulator.url, "--json", "--count", "2")
    with command(*arguments, **environment) as running:
        running.wait_for(running.err, lambda lines: "[Subscribed]" in lines)
        for message in ("one", "two"):
            simulator.publish(TOPIC, {"message": message, "unknown": [1]})
        assert running.code() == 0
        documents = [json.loads(line) for line in running.out]
    assert [each["eventBody"] for each in documents] == [
        {"message": "one", "unknown": [1]},
        {"message": "two", "unknown": [1]},
    ]


def test_a_refused_topic_ends_it_with_the_reason(simulator, environment):
    with command("v2.flows.f-1", "--host", simulator.url, **environment) as running:
        assert running.code() == 1
        assert "architect:flow:view" in running.err[-1]
        assert running.out == []


@pytest.mark.parametrize(
    ("topic", "words"), [("v2.users.{id}.presence", "with an id"), ("a b", "segments joined")]
)
def test_what_is_no_topic_ends_it_with_the_rule(simulator, environment, topic, words):
    with command(topic, "--host", simulator.url, **environment) as running:
        assert running.code() == 2
        assert words in running.err[-1]


def test_credentials_that_are_wrong_end_it(simulator, environment):
    environment["GENESYSCLOUD_OAUTHCLIENT_SECRET"] = "hunter2-wrong"
    with command(TOPIC, "--host", simulator.url, **environment) as running:
        assert running.code() == 3
        assert "invalid_client" in running.err[-1]
        assert "hunter2" not in "".join(running.err)


def test_the_sign_in_of_the_command_is_used(simulator, tmp_path):
    file = tmp_path / "tokens.json"
    place = SignInTarget(simulator.client_id, host=simulator.url)
    SavedSignIn(file).save(place, Token(simulator.access_token()))
    with command(
        TOPIC, "--count", "1", HOME=str(tmp_path), GENESYSCLOUD_TOKEN_FILE=str(file)
    ) as running:
        running.wait_for(running.err, lambda lines: "[Subscribed]" in lines)
        simulator.publish(TOPIC, {"message": "mine"})
        assert running.code() == 0
        assert running.out == [f'{TOPIC} {{"message":"mine"}}']


def test_a_gap_and_a_frame_of_many_lines_are_one_line_each():
    gap = Gap(wall_datetime(0), wall_datetime(1))
    assert "\n" not in _text(gap)
    assert json.loads(_json(gap)) == {
        "gap": {"from": "1970-01-01T00:00:00Z", "to": "1970-01-01T00:00:01Z"}
    }
    raw = '{\n"topicName": "a",\n"eventBody": {}\n}'
    event = Notification("a", None, {}, Metadata(), raw)
    assert "\n" not in escape_json(_json(event))
    assert json.loads(escape_json(_json(event))) == {"topicName": "a", "eventBody": {}}

"""Runs the official SDKs, unchanged, against a simulator.

``python -m tests.official.run FOLDER`` with the Python SDK installed, and the JavaScript SDK and ``ws`` in the
folder's ``node_modules`` (``nox -s official`` installs both). It runs written scenarios of both, in Chromium too where
it is installed, and calls every 30th method of each with arguments from the definition. Exit code 1 if a story fails, or if fewer than
95 % of the answers are right. ``--share`` and ``--remainder`` choose other methods, ``--verbose`` names
every answer that is not right.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from genesys_cloud.simulator import RunningSimulator, Settings, running_simulator
from tests.official import in_browser
from tests.official.arguments import Platform
from tests.official.sampled import (
    SHARE,
    JavaScriptCaller,
    Judgement,
    PythonCaller,
    Sampled,
    judge,
    sample,
)
from tests.official.scenarios import SCENARIOS, Desk

PROGRAM = Path(__file__).with_name("node_program.js")
WANTED = 0.95


def place_of(running: RunningSimulator, name: str) -> dict[str, object]:
    """Where the JavaScript SDK finds the simulator."""
    parts = urlsplit(running.url)
    return {
        "host": parts.hostname,
        "port": parts.port,
        "token": running.access_token(),
        "name": name,
    }


def node_command(folder: Path, what: str, running: RunningSimulator) -> list[str]:
    """The command that runs the JavaScript SDK in Node."""
    # Only programs on a server may have the secret of a client.
    secret = {"clientId": running.client_id, "clientSecret": running.client_secret}
    place = json.dumps(place_of(running, "node") | secret)
    return ["node", str(PROGRAM), str(folder), what, place]


def python_stories() -> list[str]:
    """Run the scenarios of the Python SDK; return what failed."""
    failed = []
    # Jobs take a while, as on the platform.
    with running_simulator(settings=Settings(job_duration=0.1)) as running:
        desk = Desk(running)
        for name, story in SCENARIOS.items():
            try:
                story(desk)
            except Exception as error:  # noqa: BLE001 - each is reported
                failed.append(f"{name}: {type(error).__name__}: {error}")
    return failed


def javascript_stories(folder: Path) -> list[str]:
    """Run the scenario of the JavaScript SDK in Node; return what failed."""
    with running_simulator() as running:
        command = node_command(folder, "scenario", running)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        return [done.stderr]
    stories = [json.loads(line) for line in done.stdout.splitlines()]
    return [f"{each['name']}: {each['problem']}" for each in stories if each["problem"]]


def browser_stories(folder: Path) -> list[str]:
    """Run the scenario of the JavaScript SDK in Chromium; return what failed."""
    if not in_browser.is_installed():
        return ["chromium or its driver is not installed"] if os.environ.get("CI") else []
    with running_simulator() as running, tempfile.TemporaryDirectory() as empty:
        place = place_of(running, "chromium")
        return in_browser.run_in_browser(folder / "node_modules", Path(empty), place)


def judge_python(chosen: Iterable[Sampled]) -> list[Judgement]:
    """Judge the answers to methods of the Python SDK."""
    with running_simulator(settings=Settings(job_duration=0)) as running:
        token = running.access_token()
        caller = PythonCaller(Platform(running.url, token), token)
        return [found for each in chosen for found in judge(caller, each)]


def judge_javascript(chosen: Iterable[Sampled], folder: Path) -> list[Judgement]:
    """Judge the answers to methods of the JavaScript SDK."""
    with running_simulator(settings=Settings(job_duration=0)) as running:
        platform = Platform(running.url, running.access_token())
        command = node_command(folder, "calls", running)
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as program:
            caller = JavaScriptCaller(platform, program)
            found = [found for each in chosen for found in judge(caller, each)]
            program.stdin.close()
        return found


def report(name: str, found: list[Judgement], *, verbose: bool) -> bool:
    """Print how many answers were right; return whether they are enough."""
    wrong = [each for each in found if not each.right]
    share = 1 - len(wrong) / len(found)
    methods = len({each.method for each in found})
    print(f"{name}: {len(found)} answers of {methods} methods, {share:.1%} right")
    print("  wrong:", dict(Counter(each.check for each in wrong)) or "none")
    for each in wrong if verbose or share < WANTED else ():
        print(f"  {each.method}: {each.check}: {each.seen}")
    accepted = [each for each in wrong if each.check == "invalid body"]
    for each in accepted:
        print(f"  accepted though invalid: {each.method}: {each.seen}")
    return share >= WANTED and not accepted


def tell(name: str, run: Callable[[], list[str]]) -> bool:
    """Print the outcome of stories; return whether all went well."""
    failed = run()
    print(f"{name}: {failed or 'all stories went well'}")
    return not failed


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the official SDKs against a simulator.")
    parser.add_argument("folder", type=Path, help="has node_modules with the JavaScript SDK and ws")
    parser.add_argument("--share", type=int, default=SHARE, help="every n-th method")
    parser.add_argument("--remainder", type=int, default=0, help="which of them")
    parser.add_argument("--verbose", action="store_true", help="name every wrong answer")
    options = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)  # of the SDK's methods
    begun = time.monotonic()
    chosen = sample(options.share, options.remainder)
    outcomes = [
        tell("Python SDK", python_stories),
        tell("JavaScript SDK", lambda: javascript_stories(options.folder)),
        tell("JavaScript SDK in Chromium", lambda: browser_stories(options.folder)),
        report("Python SDK", judge_python(chosen), verbose=options.verbose),
        report("JavaScript SDK", judge_javascript(chosen, options.folder), verbose=options.verbose),
    ]
    print(f"in {time.monotonic() - begun:.0f} s")
    return int(not all(outcomes))


if __name__ == "__main__":
    sys.exit(main())

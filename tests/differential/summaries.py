"""Verb and object of our summaries beside those of the official SDK's docstrings.

Run ``python -m tests.differential.summaries`` with the group ``differential`` installed. A summary
agrees if its verb is of the same kind (it reads, creates, changes, removes or acts) and if its object
is named in the official sentence. What disagrees has to be in ``summaries.tsv`` with a reason, and what
is there has to disagree. An SDK of another definition is not compared. ``--all`` prints the disagreements that are explained as well.

``--sample N`` prints the summaries of N operations, with their methods and paths. The operations are chosen at
random, with the hash of the current commit as the seed.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
from collections import Counter
from importlib import import_module
from importlib.metadata import version
from inspect import getmembers, isclass, isfunction
from pathlib import Path
from typing import NamedTuple

from genesys_cloud import DEFINITION_VERSION
from genesys_cloud.definition import load_definition, load_topics, read_definition
from genesys_core.definition.words.lexicon import to_singular
from genesys_core.definition.words.summaries import replaced_paths, summarize_operation

EXPLAINED = Path(__file__).with_name("summaries.tsv")

REASONS = {
    "job": "we say that a job is started; the official sentence says what the job will do, or leaves"
    " the job's subject out",
    "url": "the response is a URL to upload to; the official sentence says that it is created",
    "words": "the same in other words",
    "path": "we name what method, path and models say; the official sentence generalizes or omits it",
    "upsert": "we say that a PUT updates or replaces; the official sentence, that it can also create",
    "note": "the official sentence is a note, such as a deprecation or a condition",
}

READS = """
check checks compare count counts download explore fetch fetches find get gets grab grabs infer inferred
issue issues list listing look lookup loads preview query queries retrieve retrieved retrieves return
returns scan search searches show suggest translate validate validates verify view performance
"""
CREATES = """
add adds apply begin clone copy create creates escalate escalates generate generates import imports
initiate initiates ingest initiating invoke invokes join launch make modify/create place post provision
publish publishes rebuild record regenerate register request requests run save send sends share sign start
starts submit submits trigger triggers upload uploads write index indicate indicates give associate assign
assigns attach grant
"""
CHANGES = """
activate approve apply assign assigns attempts cancel change changes claim convert converts deactivate
disable edit edits enable link mark marks match merge migrate modify move override overrides overwrite
patch promote publish reassign replace replaces reschedule reset resets restart restore restores
revert roll set sets start stop transfer unlink update updates put upsert
"""
REMOVES = """
archive cancel cancels clear clears delete deletes disable disables disassociate disconnect disconnects
invalidate remove removes reset revoke stop terminate unassigns unlink unpin
"""
KINDS = {
    kind: frozenset(words.split())
    for kind, words in (
        ("read", READS),
        ("create", CREATES),
        ("change", CHANGES),
        ("remove", REMOVES),
    )
}


class Line(NamedTuple):
    """A summary of ours, and the official sentence."""

    name: str
    where: str
    ours: str
    official: str


def official_sentences() -> dict[str, str]:
    """Return the first line of each method's docstring, by the name of the method."""
    apis = import_module("PureCloudPlatformClientV2.apis")  # not needed for --sample
    found: dict[str, str] = {}
    for _, api in getmembers(apis, isclass):
        for name, method in getmembers(api, isfunction):
            if not name.startswith("_") and method.__doc__:
                found[name] = method.__doc__.strip().splitlines()[0].strip()
    return found


def our_lines() -> list[tuple[str, str, str]]:
    """Return name, method and path, and summary of all operations."""
    operations = read_definition(load_definition(), load_topics()).definition.operations()
    replaced = replaced_paths(operations)
    return [
        (one.name, f"{one.method} {one.path}", summarize_operation(one, replaced))
        for one in operations
    ]


def words_of(text: str) -> list[str]:
    """Return the words of a sentence in lower case; names in camel case are split."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", text.replace("'s", ""))
    return re.findall(r"[a-z0-9]+", apart.lower())


def kinds_of(words: list[str]) -> set[str]:
    """Return what the first verb among the words does."""
    for word in words:
        kinds = {kind for kind, verbs in KINDS.items() if word in verbs}
        if kinds:
            return kinds
    return set()


def objects_of(ours: str) -> list[str]:
    """Return the words of the object, the owner left out: "wrap-up codes" of a queue."""
    _, _, rest = ours.removesuffix(" (v2 path)").partition(" ")
    head = re.split(r" (?:of|in|to|from|by|for|that|with|into|on|as) ", rest)[0]
    skipped = {
        "a",
        "an",
        "the",
        "url",
        "status",
        "all",
        "job",
        "jobs",
        "results",
        "current",
        "user",
    }
    return [word for word in words_of(head) if word not in skipped]


def disagreement(line: Line) -> str:
    """Return what differs, "verb" or "object"; empty if nothing does."""
    theirs = words_of(line.official)
    verbs = kinds_of(theirs[:8])
    ours = kinds_of(words_of(line.ours)[:1])
    squashed = "".join(map(to_singular, theirs)) + " " + "".join(theirs)
    wanted = [to_singular(word) for word in objects_of(line.ours)]
    if verbs and ours and not verbs & ours:
        return "verb"
    if wanted and not any(word in squashed for word in wanted[-1:]):
        return "object"
    return ""


def sample(size: int) -> None:
    """Print ``size`` randomly chosen summaries; the seed is the hash of the current commit."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    chosen = random.Random(commit).sample(our_lines(), size)
    print(f"seed {commit}")
    for number, (name, where, ours) in enumerate(chosen, 1):
        print(f"{number}\t{ours}\t{where}\t{name}")


def main() -> int:
    """Compare all summaries, or print a sample."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true", help="print explained disagreements as well")
    parser.add_argument("--sample", type=int, metavar="N", help="print N summaries to be read")
    options = parser.parse_args()
    if options.sample:
        sample(options.sample)
        return 0
    if (installed := version("PureCloudPlatformClientV2")) != DEFINITION_VERSION:
        print(f"the official SDK {installed} is of another definition than {DEFINITION_VERSION}")
        return 0
    sentences = official_sentences()
    explained = dict(
        line.split("\t") for line in EXPLAINED.read_text(encoding="utf-8").splitlines()
    )
    lines = [Line(name, where, ours, sentences[name]) for name, where, ours in our_lines()]
    found = {line.name: (what, line) for line in lines if (what := disagreement(line))}
    for name, (what, line) in found.items():
        if options.all or name not in explained:
            print(f"{what}\t{explained.get(name, '?')}\t{name}\t{line.ours}\t{line.official}")
    idle = sorted(explained.keys() - found.keys())
    unknown = sorted(set(explained.values()) - REASONS.keys())
    for name in idle:
        print(f"{name}: is explained, and does not disagree")
    counts = Counter(explained[name] for name in found if name in explained)
    print(f"{len(lines)} summaries, {len(lines) - len(found)} agree, {len(found)} differ: {counts}")
    return 1 if idle or unknown or found.keys() - explained.keys() else 0


if __name__ == "__main__":
    sys.exit(main())

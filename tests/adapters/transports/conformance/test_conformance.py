"""Every case of the list through every transport, or the reason why not.

``pytest -k 064`` runs one case through all transports, ``-k httpx-trio`` all through one. A transport
of somebody else that is known to do otherwise is listed in ``deviations.py``, case by case. What is
not listed there and fails is run once more, since a race inside such a library is not ours to mend;
our own transports have one attempt.
"""

from __future__ import annotations

import importlib
import os
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.adapters.transports.conformance import deviations, reasons
from tests.adapters.transports.conformance.harness import CASES, Case, run
from tests.adapters.transports.conformance.subjects import SUBJECTS, Subject

HERE = Path(__file__).parent
STRICT = os.environ.get("CONFORMANCE_STRICT") == "1"
for module in sorted(HERE.glob("cases_*.py")):
    importlib.import_module(f"tests.adapters.transports.conformance.{module.stem}")


def _parameters() -> list[object]:
    cases = sorted(CASES.values(), key=lambda each: each.number)
    return [
        pytest.param(subject, entry, id=f"{subject.name}-{entry.id}", marks=_marks(subject, entry))
        for subject in SUBJECTS
        for entry in cases
        if entry.needs <= subject.can and subject.flavour in entry.flavours
    ]


def _marks(subject: Subject, entry: Case) -> list[pytest.MarkDecorator]:
    is_slow = entry.slow or subject.slow or (entry.is_exchange and subject.flavour != "sync")
    marks = [pytest.mark.slow] if is_slow else []
    if subject.foreign:
        marks += _foreign_marks(subject.family)
    if reason := deviations.reason(subject.name, entry.id):
        # What comes out otherwise may take until a timeout, so that the quick suite leaves it out.
        marks.append(pytest.mark.slow)
        marks.append(pytest.mark.xfail(reason=reason, strict=STRICT, raises=Exception))
    return marks


@cache  # looking for a package reads the file system
def _foreign_marks(family: str) -> tuple[pytest.MarkDecorator, ...]:
    return (
        pytest.mark.skipif(find_spec(family) is None, reason=f"{family} is not installed"),
        # what it leaves to the collector when a case fails is its own affair
        pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
        pytest.mark.filterwarnings("ignore::ResourceWarning"),
        pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    )


@pytest.mark.parametrize(("subject", "entry"), _parameters())
def test_case(subject: Subject, entry: Case) -> None:
    if deviations.reason(subject.name, entry.id) and not STRICT:
        # Whether it hangs or fails, it is expected: nothing is learnt by waiting.
        run(subject, entry, patience=1.0)
        return
    try:
        run(subject, entry)
    except Exception:
        if not subject.foreign:
            raise
        run(subject, entry)


def test_every_number_is_a_case_or_has_its_reason() -> None:
    numbers = {entry.number for entry in CASES.values()} - {0}  # real servers have no number
    assert sorted(numbers | set(reasons.REASONS)) == list(range(1, 261))
    assert not numbers & set(reasons.REASONS), "a case needs no reason for being none"


def test_every_deviation_names_a_case_and_a_subject() -> None:
    names = {subject.name for subject in SUBJECTS}
    for subjects, listed in deviations.DEVIATIONS.items():
        assert any(fnmatchcase(each, subjects) for each in names), subjects
        for patterns in listed.values():
            for pattern in patterns.split():
                assert any(fnmatchcase(each, pattern) for each in CASES), pattern

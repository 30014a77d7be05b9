"""What breaks programs is found, and the sources break none that the last release ran."""

from __future__ import annotations

import pytest

from tests.release.surface import BASELINE, breaking_changes, public_surface

OLD = """
class genesys_cloud:
    class Client:
        def send(self, operation: 'Operation', *, timeout: 'float' = ...) -> 'T': ...
        stats: 'Stats'
    def decode(body: 'bytes') -> 'object': ...
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    def decode(body: 'bytes') -> 'object': ...\n", "", "genesys_cloud.decode"),
        ("        stats: 'Stats'\n", "", "genesys_cloud.Client.stats"),
        (", *, timeout: 'float' = ...", "", "genesys_cloud.Client.send(timeout)"),
        ("timeout: 'float' = ...", "timeout: 'float'", "genesys_cloud.Client.send(timeout)"),
        ("body: 'bytes'", "body: 'bytes', more: 'int'", "genesys_cloud.decode(more)"),
        ("body: 'bytes'", "text: 'bytes'", "genesys_cloud.decode(body)"),
    ],
)
def test_what_a_program_may_use_and_is_gone_or_changed_breaks_it(
    old: str, new: str, expected: str
) -> None:
    assert old in OLD
    found = breaking_changes(OLD, OLD.replace(old, new))
    assert expected in {line.partition(": ")[0] for line in found}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("        stats:", "        more: 'int'\n        stats:"),
        ("timeout:", "deadline: 'float' = ..., timeout:"),
        ("    def decode(", "    def encode() -> 'bytes': ...\n    def decode("),
    ],
)
def test_additions_are_free(old: str, new: str) -> None:
    assert breaking_changes(OLD, OLD.replace(old, new, 1)) == []


@pytest.mark.slow
def test_no_program_that_runs_with_the_last_release_breaks() -> None:
    """If it fails on purpose: name the break in CHANGELOG.md, and replace the baseline.

    ``python -m tests.release.surface --write`` does that.
    """
    surface = public_surface()
    assert "        def send(self, operation: 'Operation[T]') -> 'T': ...\n" in surface
    assert breaking_changes(BASELINE.read_text(encoding="utf-8"), surface) == []

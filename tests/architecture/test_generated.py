"""What is generated is what is there; and how generated files are written, compared and removed."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from genesys_cloud.definition import (
    GUIDE,
    generate,
    load_definition,
    load_topics,
    write_generated,
)
from genesys_cloud.definition import generating as files_of
from genesys_cloud.definition.__main__ import main
from genesys_core.definition import BANNER_START, GENERATED_ROOTS
from genesys_core.definition import generate as generate_sources
from genesys_core.definition.write.moving_guide import TABLE_END, TABLE_START
from genesys_core.errors import ConfigurationError, InvalidValueError
from tests.strategies.definition import TRAP_TOPICS, TRAPS

ROOT = Path(__file__).parents[2]


@cache
def sources() -> dict[str, str]:
    return generate_sources(load_definition(), load_topics())


@pytest.mark.slow
def test_the_tree_is_current() -> None:
    """If this fails: ``genesys-cloud definition generate``."""
    assert generate(ROOT, check=True) == []


@pytest.mark.slow
def test_every_file_of_the_generated_folders_is_generated() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in GENERATED_ROOTS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert found == {path for path in sources() if path.startswith(GENERATED_ROOTS)}


@pytest.mark.slow
def test_every_generated_file_says_so_in_its_first_line() -> None:
    for path, text in sources().items():
        first = text.partition("\n")[0]
        assert first == f"{BANNER_START} from definition 269.0.0; do not edit.", path


@pytest.mark.slow
def test_generating_is_deterministic_to_the_byte() -> None:
    """Another process, with another hash seed, writes the same."""
    script = (
        "import hashlib, json; from genesys_cloud.definition import *;"
        "from genesys_core.definition import generate as g;"
        "print(hashlib.sha256(json.dumps(g(load_definition(), load_topics())).encode()).hexdigest())"
    )
    seeds = ("1", "2")
    environment = dict(os.environ)
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env={**environment, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in seeds
    }
    assert len(digests) == 1


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a guide, and the traps to generate from."""
    guide = tmp_path / GUIDE
    guide.parent.mkdir()
    guide.write_text(f"# Guide\n\n{TABLE_START}\n{TABLE_END}\n", encoding="utf-8")
    (tmp_path / "traps.json").write_text(json.dumps(TRAPS), encoding="utf-8")
    packed = gzip.compress(json.dumps(TRAP_TOPICS).encode())
    (tmp_path / "topics.json.gz").write_bytes(packed)
    return tmp_path


def traps(checkout: Path, **more: Any) -> list[str]:
    return generate(
        checkout,
        definition=checkout / "traps.json",
        topics=str(checkout / "topics.json.gz"),
        **more,
    )


def test_generating_writes_everything_once(checkout: Path) -> None:
    expected = generate_sources(TRAPS, TRAP_TOPICS)
    assert sorted(traps(checkout)) == sorted([*expected, GUIDE])
    for path, text in expected.items():
        assert (checkout / path).read_bytes() == text.encode()
    assert "`pcFrom`" in (checkout / GUIDE).read_text(encoding="utf-8")
    assert traps(checkout) == []


def test_checking_writes_nothing(checkout: Path) -> None:
    changed = traps(checkout, check=True)
    assert GUIDE in changed
    assert not (checkout / "sansio_core").exists()
    traps(checkout)
    broken = checkout / "sansio_core/genesys_core/api/users.py"
    broken.write_bytes(broken.read_bytes().replace(b"\n", b"\r\n"))
    assert traps(checkout, check=True) == ["sansio_core/genesys_core/api/users.py"]


def test_files_that_are_generated_no_more_go_and_others_stay(checkout: Path) -> None:
    traps(checkout)
    folder = checkout / "sansio_core/genesys_core/api"
    stale, own = folder / "stale.py", folder / "own.py"
    stale.write_text(f"{BANNER_START} from definition 0; do not edit.\n", encoding="utf-8")
    own.write_text("# By hand.\n", encoding="utf-8")
    stale_path = "sansio_core/genesys_core/api/stale.py"
    assert traps(checkout, check=True) == [stale_path]
    assert stale.exists()
    assert traps(checkout) == [stale_path]
    assert not stale.exists()
    assert own.exists()


def test_a_file_by_hand_is_never_overwritten(checkout: Path) -> None:
    own = checkout / "sansio_core/genesys_core/api/users.py"
    own.parent.mkdir(parents=True)
    own.write_text("# By hand.\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"users\.py: was not generated"):
        write_generated(checkout, {"sansio_core/genesys_core/api/users.py": BANNER_START})
    assert own.read_text(encoding="utf-8") == "# By hand.\n"


def test_a_checkout_without_the_guide_gets_none(checkout: Path) -> None:
    (checkout / GUIDE).unlink()
    assert GUIDE not in traps(checkout)
    assert not (checkout / GUIDE).exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"{", "is not JSON"),
        (b"[]", "must be a JSON object"),
        (b"\xff", "is not JSON"),
        (b"\x1f\x8bnonsense", "cannot be read"),
        (gzip.compress(b"{}" * 99, mtime=0)[:20], "cannot be read"),
        (lzma.compress(b"{}" * 99)[:-20], "cannot be read"),
        (b"\xfd7zXZ\x00nonsense", "cannot be read"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "definition.json"
    if content is not None:
        path.write_bytes(content)
    for load in (load_definition, load_topics):
        with pytest.raises(ConfigurationError, match=r"definition\.json") as caught:
            load(path)
        assert words in str(caught.value)


def test_what_is_no_definition_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "definition.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidValueError, match="it is not a Swagger 2"):
        generate(tmp_path, definition=path)


def test_the_command(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        *("generate", "--root", str(checkout), "--definition", str(checkout / "traps.json")),
        *("--topics", str(checkout / "topics.json.gz")),
    ]
    assert main([*arguments, "--check"]) == 1
    assert "not current: docs/moving.md\n" in capsys.readouterr().out
    assert main(arguments) == 0
    assert "written: docs/moving.md\n" in capsys.readouterr().out
    assert main([*arguments, "--check"]) == 0
    assert capsys.readouterr().out == ""


def test_the_commands_errors_are_one_line(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--root", str(checkout), "--definition", "nowhere.json"]) == 2
    assert capsys.readouterr().err.startswith("nowhere.json: cannot be read: ")


def test_outside_a_checkout_a_root_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_of, "__file__", str(tmp_path / "a" / "b" / "c" / "generating.py"))
    with pytest.raises(ConfigurationError, match=r"as root \(--root\)"):
        generate(check=True)

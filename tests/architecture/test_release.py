"""The checks of a release find what must not be published."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from genesys_core.version import VERSION
from tests.release import run as release
from tests.release.run import ReleaseError, archive_problems, build_twice, metadata_problems

ROOT = Path(__file__).parents[2]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "PKG-INFO")


def test_the_version_is_the_same_everywhere(tmp_path: Path) -> None:
    assert metadata_problems() == []
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    text = (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        text.replace(f'version = "{VERSION}"', 'version = "9.9"', 1), encoding="utf-8"
    )
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n", encoding="utf-8")
    assert metadata_problems(tmp_path) == [
        f"pyproject.toml has version 9.9, the library {VERSION}",
        f"CHANGELOG.md has no section for {VERSION}",
    ]


def archives(folder: Path, wheel: set[str], sdist: set[str]) -> tuple[Path, Path]:
    with zipfile.ZipFile(folder / "a.whl", "w") as archive:
        for name in wheel:
            archive.writestr(name, "")
    with tarfile.open(folder / "a.tar.gz", "w:gz") as tar:
        for name in sdist:
            tar.addfile(tarfile.TarInfo(f"genesys_cloud-{VERSION}/{name}"), io.BytesIO())
    return folder / "a.whl", folder / "a.tar.gz"


def test_archives_have_all_that_they_must_and_nothing_else(tmp_path: Path) -> None:
    wheel = {
        "genesys_core/py.typed",
        "genesys_cloud/py.typed",
        "genesys_cloud/data/swagger.json.xz",
        "genesys_core/models/__init__.pyi",
        f"genesys_cloud-{VERSION}.dist-info/RECORD",
    }
    sdist = {
        *SOURCES,
        "adapters/genesys_cloud/data/swagger.json.xz",
        "adapters/genesys_cloud/py.typed",
        "sansio_core/genesys_core/py.typed",
        "sansio_core/genesys_core/models/__init__.pyi",
    }
    assert archive_problems(*archives(tmp_path, wheel, sdist)) == []
    odd = archives(tmp_path, {*wheel, "tests/x.py"} - {"genesys_core/py.typed"}, {"README.md"})
    problems = archive_problems(*odd)
    assert "the wheel lacks genesys_core/py.typed" in problems
    assert "the wheel has tests/x.py" in problems
    assert "the sdist lacks LICENSE" in problems
    assert "the sdist lacks adapters/genesys_cloud/data/swagger.json.xz" in problems


def test_archives_that_differ_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = io.BytesIO()
    with tarfile.open(fileobj=files, mode="w") as archive:
        archive.add(ROOT / "LICENSE", "LICENSE")

    def build(source: Path, target: Path) -> None:
        assert (source / "LICENSE").exists()
        target.mkdir()
        for name in ("a.tar.gz", "a.whl"):
            (target / name).write_text(str(source if differ else name), encoding="utf-8")

    monkeypatch.setattr(release, "_build", build)
    differ = False
    assert [path.name for path in build_twice(files.getvalue(), tmp_path)] == [
        "a.whl",
        "a.tar.gz",
    ]
    differ = True
    with pytest.raises(ReleaseError, match="not reproducible"):
        build_twice(files.getvalue(), tmp_path)


def test_a_command_that_fails_says_what_it_printed() -> None:
    with pytest.raises(ReleaseError, match="no-such-option"):
        release.run([shutil.which("git") or "git", "--no-such-option"])

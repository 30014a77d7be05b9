"""Every Python snippet of the documentation runs, page by page, from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from msgspec.structs import replace

from genesys_cloud import transports
from genesys_cloud.simulator import running_simulator

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
OVER_SOCKETS = [
    transports.SocketTransport,
    transports.AsyncSocketTransport,
    transports.HttpxTransport,
    transports.AsyncHttpxTransport,
]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def simulator():
    with running_simulator() as running:
        yield running


@pytest.fixture
def no_other_host(simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send what is meant for the platform to the simulator: pages name real regions."""
    own = urlsplit(simulator.url)

    def redirected(request):
        parts = urlsplit(request.url)
        if parts.hostname != "127.0.0.1":
            parts = parts._replace(scheme=own.scheme, netloc=own.netloc)
        return replace(request, url=urlunsplit(parts))

    def redirect(kind: type, name: str) -> None:
        real = getattr(kind, name)
        monkeypatch.setattr(
            kind, name, lambda self, request, *more: real(self, redirected(request), *more)
        )

    for kind in OVER_SOCKETS:
        redirect(kind, "send")
        redirect(kind, "stream")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.usefixtures("no_other_host")
def test_snippets_run(page: Path, simulator, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = page.read_text()
    for library in re.findall(r"^import (httpx2?|urllib3|aiohttp)$", text, re.MULTILINE):
        pytest.importorskip(library)
    namespace: dict[str, object] = {
        "__name__": "docs",
        "simulator_url": simulator.url,
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
    }
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        code = compile("\n" * line + match[1], str(page), "exec")
        exec(code, namespace)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_readme_has_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    for name in ("demo", "tests"):
        assert re.search(rf"<!-- {name} -->\n```bash\n[^\n]+\n```", text)

"""Changes core modules one place at a time, and runs their own tests: do they notice?

``python -m tests.mutation.run [MODULE ...]`` takes paths below ``genesys_core``, such as
``session/vault.py``; without arguments, all of :data:`MODULES`. ``--sample=N`` takes N mutants of
each module, spread over it, ``--jobs=N`` runs that many at a time. It prints the mutants that survive
all tests, and ends with 1 if one of them is not explained in ``tests/mutation/explained.toml``, or if
that explains one which does not survive.

Why no tool of others: mutmut numbers its mutants, so an explanation is lost when a line moves, and
changes functions alone; cosmic-ray starts an interpreter for each mutant. Here a mutant is identified
by its line's text, and costs a fork and those of the module's own tests that run its line
(``in_place.py``), or all of them (``tests/architecture/own_coverage.py``) before it counts as a survivor.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import os
import sys
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from tests.architecture.own_coverage import CORE, own_tests, prepare_forks
from tests.mutation.in_place import MutantsInPlace, limit_this_process
from tests.mutation.mutants import Mutant, mutants_of

EXPLAINED = Path(__file__).with_name("explained.toml")

MODULES = (
    "calls/auth_actions.py",
    "calls/call.py",
    "calls/downloads.py",
    "calls/lifecycle.py",
    "calls/operation.py",
    "calls/partial_content.py",
    "calls/prepare.py",
    "calls/rate_limit.py",
    "calls/remote_places.py",
    "calls/responses.py",
    "calls/token_actions.py",
    "calls/token_transaction.py",
    "calls/transfers.py",
    "codec/conversion.py",
    "codec/decoding.py",
    "codec/encoding.py",
    "codec/intervals.py",
    "codec/issues.py",
    "codec/json_encoder.py",
    "codec/merge.py",
    "codec/model.py",
    "codec/model_tables.py",
    "codec/repair.py",
    "codec/scalar_conversions.py",
    "codec/tagged_union.py",
    "codec/tolerant_json.py",
    "codec/unknown_fields.py",
    "codec/values.py",
    "command_line/arguments.py",
    "command_line/bodies.py",
    "command_line/bulk.py",
    "command_line/bulk_rows.py",
    "command_line/call_defaults.py",
    "command_line/call_lines.py",
    "command_line/columns.py",
    "command_line/completion.py",
    "command_line/diagnosis.py",
    "command_line/exit_codes.py",
    "command_line/formats.py",
    "command_line/help_pages.py",
    "command_line/intervals.py",
    "command_line/job_calls.py",
    "command_line/model_pages.py",
    "command_line/operation_search.py",
    "command_line/operations.py",
    "command_line/own_commands.py",
    "command_line/profiles.py",
    "command_line/raw_calls.py",
    "command_line/recordings.py",
    "command_line/request_preview.py",
    "command_line/results.py",
    "command_line/secrets.py",
    "command_line/untyped.py",
    "command_line/usage.py",
    "configuration/arguments.py",
    "configuration/configuration.py",
    "configuration/document.py",
    "configuration/environment.py",
    "configuration/file_changes.py",
    "configuration/ini_format.py",
    "configuration/json_format.py",
    "configuration/keys.py",
    "configuration/resolve.py",
    "configuration/sections.py",
    "definition/diff/changes.py",
    "definition/diff/compare.py",
    "definition/diff/models.py",
    "definition/diff/operations.py",
    "definition/diff/report.py",
    "definition/diff/rules.py",
    "definition/diff/schemas.py",
    "definition/diff/source_names.py",
    "definition/diff/usage.py",
    "definition/generator.py",
    "definition/read/definition.py",
    "definition/read/findings.py",
    "definition/read/jobs.py",
    "definition/read/listings.py",
    "definition/read/model_graph.py",
    "definition/read/naming.py",
    "definition/read/parse.py",
    "definition/read/polymorphism.py",
    "definition/read/read_only_posts.py",
    "definition/read/references.py",
    "definition/read/secret_fields.py",
    "definition/read/swagger.py",
    "definition/read/tolerant.py",
    "definition/read/topics.py",
    "definition/shards.py",
    "definition/write/annotations.py",
    "definition/write/layout.py",
    "definition/write/own_package.py",
    "export/columns.py",
    "export/datasets.py",
    "export/flat.py",
    "export/manifest.py",
    "export/media.py",
    "export/plan.py",
    "export/reading.py",
    "http/body_readers.py",
    "http/content_coding.py",
    "http/forms.py",
    "http/headers.py",
    "http/http1.py",
    "http/known_secrets.py",
    "http/messages.py",
    "http/multipart.py",
    "http/redaction.py",
    "http/request_head.py",
    "http/response_head.py",
    "http/response_reader.py",
    "http/urls.py",
    "jobs/job.py",
    "jobs/status.py",
    "jobs/waiting.py",
    "notifications/buffer.py",
    "notifications/channel/channel.py",
    "notifications/channel/connection.py",
    "notifications/channel/events.py",
    "notifications/channel/transition.py",
    "notifications/channel_set.py",
    "notifications/dispatch.py",
    "notifications/handler_state.py",
    "notifications/messages.py",
    "notifications/subscriptions.py",
    "notifications/topics.py",
    "oauth/authorization.py",
    "oauth/grants.py",
    "oauth/loopback_redirect.py",
    "oauth/pkce.py",
    "oauth/token_store.py",
    "oauth/tokens.py",
    "observability/log_records.py",
    "observability/observers.py",
    "observability/span_attributes.py",
    "observability/statistics.py",
    "observability/terminal.py",
    "observability/watch.py",
    "paging/links.py",
    "paging/paging.py",
    "paging/places.py",
    "paging/reader.py",
    "paging/replies.py",
    "paging/rules.py",
    "redis/leases.py",
    "redis/places.py",
    "redis/resp.py",
    "session/budget.py",
    "session/pacing.py",
    "session/reconfigure.py",
    "session/retry.py",
    "session/session.py",
    "session/vault.py",
    "transport/dialer.py",
    "transport/exchange.py",
    "transport/happy_eyeballs.py",
    "transport/origins.py",
    "transport/owners.py",
    "transport/pool.py",
    "transport/proxies.py",
    "transport/routes.py",
    "transport/tunnel.py",
    "websocket/connection.py",
    "websocket/frames.py",
    "websocket/handshake.py",
    "websocket/permessage_deflate.py",
)
"""What is mutated: where a wrong decision loses data, repeats a call, shows a secret, or misreads a
command, a configuration or a definition.
"""


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from changed code."""

    def __init__(self, module: str, path: Path, code: CodeType) -> None:
        self._module, self._path, self._code = module, path, code

    def find_spec(self, name: str, path: object, target: object = None) -> object:
        if name != self._module:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=self)

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: object) -> None:
        exec(self._code, module.__dict__)


def _pytest(module: Path, *plugins: object) -> int:
    """Run a module's own tests in this process, without output."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    import pytest

    arguments = ["-q", "-x", "-m", "not slow", "-p", "no:cacheprovider", "--tb=no"]
    return int(pytest.main([*arguments, *map(str, own_tests(module))], plugins=plugins))


def _try_in_place(module: Path, mutants: list[Mutant], jobs: int) -> tuple[list[Mutant], float]:
    """The mutants that the tests survive, or that need an import; and how long all tests take."""
    receiving, sending = os.pipe()
    if (pid := os.fork()) == 0:
        plugin = MutantsInPlace(CORE / module, mutants, jobs)
        status = _pytest(module, plugin)
        os.write(sending, json.dumps([plugin.seconds, plugin.left]).encode())
        os._exit(status)
    os.close(sending)
    with os.fdopen(receiving) as pipe:
        written = pipe.read()
    _, status = os.waitpid(pid, 0)
    if status:
        raise SystemExit(f"{module}: its own tests fail without any change")
    seconds, left = json.loads(written)
    return [mutants[number] for number in left], seconds


def _survives(module: Path, mutant: Mutant, seconds: float) -> bool:
    """Whether all of a module's own tests pass with the changed module, in a fork."""
    if (pid := os.fork()) == 0:
        status = 3
        try:
            limit_this_process(seconds)
            name = "genesys_core." + ".".join(module.with_suffix("").parts)
            sys.meta_path.insert(0, _Mutated(name, CORE / module, mutant.code))
            status = _pytest(module)
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    return status == 0


@dataclass(frozen=True)
class Report:
    """What came of a module's mutants."""

    module: str
    tried: int
    all: int
    survivors: list[Mutant]
    seconds: float


def spread(mutants: list[Mutant], count: int | None) -> list[Mutant]:
    """So many mutants, spread evenly over the module."""
    if count is None or count >= len(mutants):
        return mutants
    return [mutants[index * len(mutants) // count] for index in range(count)]


def run_module(module: str, sample: int | None, jobs: int) -> Report:
    """Try the mutants of a module."""
    path, began = Path(module), time.monotonic()
    source = (CORE / path).read_text(encoding="utf-8")
    everything = mutants_of(source, str(CORE / path))
    chosen = spread(everything, sample)
    left, seconds = _try_in_place(path, chosen, jobs)
    limit = 10 + 5 * seconds
    with ThreadPoolExecutor(jobs) as pool:
        survive = pool.map(lambda mutant: _survives(path, mutant, limit), left)
        survivors = [mutant for mutant, survives in zip(left, survive, strict=True) if survives]
    return Report(module, len(chosen), len(everything), survivors, time.monotonic() - began)


def explained() -> dict[tuple[str, str, str], str]:
    """By module, line and change, why a survivor is right."""
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["survivor"]
    return {
        (one["module"], one["line"], change): one["reason"]
        for one in entries
        for change in one["changes"]
    }


def main(arguments: Sequence[str]) -> int:
    """Run, print, and tell whether a survivor is unexplained."""
    options = dict(one[2:].split("=") for one in arguments if one.startswith("--"))
    modules = [one for one in arguments if not one.startswith("--")] or list(MODULES)
    sample = int(options["sample"]) if "sample" in options else None
    jobs = int(options.get("jobs", "1"))
    prepare_forks()
    os.environ["HYPOTHESIS_PROFILE"] = "no-shrinking"
    known, failed = explained(), False
    for module in modules:
        report = run_module(module, sample, jobs)
        survivors = {(module, *one.key) for one in report.survivors}
        new = [one for one in report.survivors if (module, *one.key) not in known]
        outdated = (
            [] if sample else [key for key in known if key[0] == module and key not in survivors]
        )
        failed |= bool(new or outdated)
        print(
            f"{module}: {report.tried} of {report.all} mutants, {report.tried - len(report.survivors)}"
            f" killed, {len(report.survivors) - len(new)} explained, {len(new)} unexplained"
            f" ({report.seconds:.0f} s)",
            flush=True,
        )
        for one in new:
            print(f"  {module}:{one.line}: {one.text}\n      {one.change}", flush=True)
        for _, text, change in outdated:
            print(f"  explained, but killed or gone: {text}\n      {change}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

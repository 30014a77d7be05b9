"""Import time, memory and decode speed, as ratios against named peers in one run.

Run: ``pip install --group bench`` then ``python -m tests.benchmarks.bench_start`` (``--write`` to store the
figures of startup for the documentation).
Fresh interpreters read bytecode, which goes to a folder of its own, and take turns. Times are of the
processor, ratios the medians of the rounds' own.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec

import msgspec
import trustme

from genesys_cloud import Client
from genesys_cloud.definition import load_definition
from genesys_core import models
from genesys_core.calls.listing import Listing
from genesys_core.calls.operation import Endpoint
from genesys_core.calls.responses import ApiResponseReader
from genesys_core.clock import Now
from genesys_core.codec.decoding import decode
from genesys_core.codec.encoding import to_json
from genesys_core.codec.unknown_fields import (
    remember_model,
    restore_unknown_fields,
)
from genesys_core.http.messages import Response
from genesys_core.simulator.state.definition import Definition
from genesys_core.simulator.state.examples import example
from tests.benchmarks.bench_calls import BODIES
from tests.benchmarks.bench_core import user
from tests.benchmarks.measure import compare, ratio, served, show
from tests.benchmarks.results import OURS, Rows, write_result

NOW = Now(0, 1_000)

MEASURE = """
import time
begun = time.process_time()
{code}
spent = time.process_time() - begun
import json, re, sys
# Not getrusage: a process that was started from a larger one has that one's size there.
[size] = re.findall(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
print(json.dumps([spent, int(size) / 1024, len(sys.modules)]))
"""

STARTS = {
    # Without its command line, which httpx imports where click is installed.
    "httpx + msgspec": "import sys; sys.modules['click'] = None; import httpx, msgspec",
    "genesys_cloud, Client, UserMe decoded": (
        "from genesys_cloud import Client\n"
        "from genesys_core.codec.decoding import decode\n"
        "from genesys_core import models\n"
        'decode(models.UserMe, b\'{"id": "1"}\')'
    ),
    "the same, and a Client made": (
        "from genesys_cloud import Client\n"
        "from genesys_core.codec.decoding import decode\n"
        "from genesys_core import models\n"
        "Client(host='http://127.0.0.1', trust_env=False)\n"
        'decode(models.UserMe, b\'{"id": "1"}\')'
    ),
    "httpx + msgspec, and an httpx.Client made": (
        "import sys; sys.modules['click'] = None; import httpx, msgspec\n"
        "httpx.Client(trust_env=False)"
    ),
    "official PureCloudPlatformClientV2": "import PureCloudPlatformClientV2",
}

FIRST_CALL = """
from genesys_cloud import Client
with Client(host={url!r}, access_token="t", trust_env=False, verify={verify!r}) as client:
    client.users.get_users_me()
"""


def measure(codes: dict[str, str], rounds: int = 15) -> dict[str, list[list[float]]]:
    """Seconds, MiB and modules of fresh interpreters; the first round compiles, and is dropped."""
    found: dict[str, list[list[float]]] = {title: [] for title in codes}
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(rounds + 1):
            for title, code in codes.items():
                command = [sys.executable, "-c", MEASURE.format(code=code)]
                done = subprocess.run(
                    command, capture_output=True, text=True, check=True, env=environment
                )
                found[title].append(json.loads(done.stdout.splitlines()[-1]))
    return {title: rows[1:] for title, rows in found.items()}


def bare_twin(type_: type, known: dict[type, type]) -> object:
    """A Struct written as one would by hand: the same fields, types and wire names, nothing else."""
    if type_ in known:
        return known[type_]
    fields = msgspec.structs.fields(type_)
    known[type_] = object
    twin = msgspec.defstruct(
        type_.__name__,
        [
            (
                field.name,
                _bare(field.type, known),
                msgspec.field(name=field.encode_name, default=None),
            )
            for field in fields
        ],
        kw_only=True,
    )
    known[type_] = twin
    return twin


def _bare(annotation: object, known: dict[type, type]) -> object:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return bare_twin(annotation, known)
    arguments = getattr(annotation, "__args__", None)
    if not arguments:
        return annotation
    bare = tuple(_bare(argument, known) for argument in arguments)
    origin = getattr(annotation, "__origin__", None)
    if origin is not None:
        return origin[bare if len(bare) > 1 else bare[0]]
    result = bare[0]
    for other in bare[1:]:
        result = result | other  # type: ignore[operator]
    return result


def responses() -> dict[str, bytes]:
    """Bodies of responses, by the name of their type and what is special about them."""
    definition = Definition.of(load_definition())
    return {
        "UserMe, as most": BODIES["small"],
        "UserMe of two strings": b'{"id": "1", "name": "Ann"}',
        "Queue": json.dumps(example(definition, "Queue", depth=2)).encode(),
        "UserMe": json.dumps(example(definition, "UserMe", depth=3)).encode(),
        "UserEntityListing of 100": json.dumps(
            {"entities": [example(definition, "User", depth=2, seed=n) for n in range(100)]}
        ).encode(),
        "AnalyticsConversationQueryResponse of 100": json.dumps(
            {
                "conversations": [
                    example(definition, "AnalyticsConversationWithoutAttributes", depth=3, seed=n)
                    for n in range(100)
                ]
            }
        ).encode(),
    }


def decoding() -> None:
    print(f"\n{'decode':44} {'size':>9} {'ours':>10} {'bare msgspec':>13} {'ratio':>6}")
    for title, body in responses().items():
        type_ = getattr(models, re.split("[, ]", title)[0])
        bare = msgspec.json.Decoder(bare_twin(type_, {}))
        assert decode(type_, body).issues == ()
        cases = {
            "ours": lambda body=body, type_=type_: decode(type_, body),
            "theirs": lambda body=body, bare=bare: bare.decode(body),
        }
        show_ratio(title, body, cases)


def keeping() -> None:
    """What it adds to reading a response that its models, or items, keep unknown fields."""
    print(f"\n{'read a response':44} {'size':>9} {'keeping':>10} {'not keeping':>13} {'ratio':>6}")
    for title, body in responses().items():
        items = re.match(rb'{"(entities|conversations)"', body)
        listing = Listing("single", items=items[1].decode()) if items else None
        endpoint = Endpoint("x", "GET", "/x", re.split("[, ]", title)[0], listing=listing)
        kept = ApiResponseReader(endpoint, strict=False, keep_unknown="items")
        lost = ApiResponseReader(endpoint, strict=False, keep_unknown=False)
        response = Response(200, body=body)
        cases = {
            "kept": lambda read=kept.read, response=response: read(response, NOW),
            "lost": lambda read=lost.read, response=response: read(response, NOW),
        }
        show_ratio(title, body, cases)


def show_ratio(title: str, body: bytes, cases: Mapping[str, Callable[[], object]]) -> None:
    spent = compare(cases, max(2_000_000 // len(body), 1), 60)
    one, other = cases
    print(
        f"{title:44} {len(body) / 1024:7.1f}KB {min(spent[one]) * 1e6:8.1f}us "
        f"{min(spent[other]) * 1e6:11.1f}us {ratio(spent, one, other):6.2f}"
    )


def sending() -> None:
    """What a search for records adds to a request body that is no response."""
    received = decode(models.User, b'{"id": "1"}').data
    remember_model(received, b'{"id": "1"}')
    print(f"\n{'send models that were made':44} {'encode':>10} {'search':>10} {'ratio':>6}")
    for title, body in {
        "1 model": models.User(name="Ann"),
        "11 models": user(10),
        "330 models": [user(10) for _ in range(30)],
    }.items():
        cases = {
            "encode": lambda body=body: to_json(body),
            "search": lambda body=body: restore_unknown_fields(body),
        }
        spent = compare(cases, 100, 30)
        encode, search = (min(spent[name]) * 1e6 for name in cases)
        shown = ratio(spent, "search", "encode")
        print(f"{title:44} {encode:8.1f}us {search:8.1f}us {shown:6.2f}")


def starts() -> dict[str, Rows]:
    """Print the table of startup, and return what the documentation shows of it."""
    present = {
        title: code
        for title, code in STARTS.items()
        if not title.startswith("official") or find_spec(code.split()[-1]) is not None
    }
    found = measure(present)
    spent = {title: [seconds for seconds, *_ in rows] for title, rows in found.items()}
    print(f"{'start':44} {'seconds':>9} {'MiB':>7} {'modules':>8} {'ratio':>6}")
    for title in STARTS:
        if title not in found:
            print(f"{title:44} not installed: pip install --group bench")
            continue
        seconds, memory, modules = (
            statistics.median(column) for column in zip(*found[title], strict=True)
        )
        print(
            f"{title:44} {seconds:9.3f} {memory:7.1f} {modules:8.0f} "
            f"{ratio(spent, title, 'httpx + msgspec'):6.2f}"
        )
    shown = {
        OURS: "genesys_cloud, Client, UserMe decoded",
        "official SDK": "official PureCloudPlatformClientV2",
    }
    titles = {case: title for case, title in shown.items() if title in found}
    times = {case: ratio(spent, title, "httpx + msgspec") for case, title in titles.items()}
    sizes = {
        case: statistics.median(memory for _, memory, _ in found[title])
        for case, title in titles.items()
    }
    return {
        "startup": {"startup": {"relative time": times}},
        "memory": {"memory": {"MiB": sizes}},
    }


def first_calls() -> None:
    """A first call from a fresh interpreter, over plain HTTP and TLS, and a further client."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with (
        served(BODIES["small"]) as plain,
        served(BODIES["small"], tls=tls) as secure,
        authority.cert_pem.tempfile() as trusted,
    ):
        base = "httpx + msgspec"
        found = measure(
            {
                base: STARTS[base],
                "a first call": FIRST_CALL.format(url=plain, verify=True),
                "a first call over TLS": FIRST_CALL.format(url=secure, verify=trusted),
            }
        )
        spent = {title: [seconds for seconds, *_ in rows] for title, rows in found.items()}
        show("cold start", spent, base)
        for title in list(spent)[1:]:
            print(f"{title:44} {ratio(spent, title, base):6.2f} times the import")

    def make() -> None:
        Client(host="https://127.0.0.1", access_token="t", trust_env=False).close()

    print(f"a further client: {min(compare({'': make}, 20, 30)['']) * 1e3:.2f} ms")


if __name__ == "__main__":
    tables = starts()
    if "--write" in sys.argv:
        write_result("start", "python -m tests.benchmarks.bench_start --write", tables)
    first_calls()
    decoding()
    keeping()
    sending()

"""What requesting pages ahead saves over a latency of 50 ms, and what the library adds to a page.

Run: ``python -m tests.benchmarks.bench_paging``. Pages come from a transport that waits as a network
would. Figures are seconds for a listing, and the ratio to reading it without prefetch; the ratio hangs
on waiting alone, so a busy machine hardly bends it.
"""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

from genesys_cloud import Client
from genesys_cloud.testing import MockTransport, json_response
from genesys_core.http.messages import Request, Response

PAGES = 40
SIZE = 100
LATENCY = 0.05
WORK = 0.0002  # seconds for an item, of the program that reads


def client(latency: float) -> Client:
    def handler(request: Request) -> Response:
        time.sleep(latency)
        query = parse_qs(urlsplit(request.url).query)
        number = int(query.get("pageNumber", ["1"])[0])
        entities = [{"id": f"{number}-{at}", "name": "Ann"} for at in range(SIZE)]
        return json_response({"entities": entities, "pageNumber": number, "pageCount": PAGES})

    return Client(
        host="https://api.example",
        access_token="t",
        trust_env=False,
        transport=MockTransport(handler),
    )


def seconds(prefetch: int, work: float) -> float:
    with client(LATENCY) as made:
        started = time.perf_counter()
        count = 0
        for _ in made.users.get_users.with_paging(prefetch=prefetch).paginate(page_size=SIZE):
            count += 1
            if work and count % 10 == 0:
                time.sleep(10 * work)
        assert count == PAGES * SIZE
        return time.perf_counter() - started


def own_cost() -> tuple[float, float]:
    """Microseconds of processor time for a page, and for an item in it."""
    with client(0) as made:
        started = time.process_time()
        pages = sum(1 for _ in made.users.get_users.pages(page_size=SIZE))
        by_page = time.process_time() - started
        started = time.process_time()
        items = sum(1 for _ in made.users.get_users.paginate(page_size=SIZE))
        by_item = time.process_time() - started
    return by_page / pages * 1e6, max(0.0, by_item - by_page) / items * 1e6


def main() -> None:
    print(f"{PAGES} pages of {SIZE} items, {LATENCY * 1000:.0f} ms each")
    for name, work in (("reading alone", 0.0), ("with work on each item", WORK)):
        plain = seconds(0, work)
        print(f"{name}: no prefetch {plain:.2f} s")
        for prefetch in (1, 2, 4, 8):
            took = seconds(prefetch, work)
            print(f"  prefetch={prefetch}: {took:.2f} s, {plain / took:.1f} times as fast")
    page, item = own_cost()
    print(
        f"processor time, mock and decoding included: {page:.0f} us a page, {item:.2f} us an item"
    )


if __name__ == "__main__":
    main()

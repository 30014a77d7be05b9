"""How many ``GET /api/v2/users/me`` a second the simulator answers, measured with wrk.

Run: ``python -m tests.benchmarks.bench_simulator`` (``--seconds``, ``--connections``), with ``wrk`` installed. The simulator
is a process of its own. The processor time of a request depends less on what else the machine does than
the rate. The last result is in ``docs/simulator.md``.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

WANTED = 2_000


def processor_time(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the simulator with wrk.")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is not installed")
        return 2
    server = subprocess.Popen(
        [sys.executable, "-c", "from tests.soak.soak_simulator import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    url, token, _ = server.stdout.readline().split()
    begun = processor_time(server.pid)
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s"]
    header = f"Authorization: Bearer {token}"
    done = subprocess.run(
        [*command, "-H", header, f"{url}/api/v2/users/me"],
        capture_output=True,
        text=True,
        check=True,
    )
    spent = processor_time(server.pid) - begun
    server.stdin.close()
    server.wait()
    requests = int(re.search(r"(\d+) requests in", done.stdout)[1])
    rate = float(re.search(r"Requests/sec: +([\d.]+)", done.stdout)[1])
    failed = re.search(r"Non-2xx.*|Socket errors.*", done.stdout)
    print(f"{rate:,.0f} users/me a second, {spent / requests * 1e6:.0f} µs of processor time each")
    if failed:
        print(failed[0])
    return int(rate < WANTED or failed is not None)


if __name__ == "__main__":
    sys.exit(main())

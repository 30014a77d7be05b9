"""Exports all users to a CSV file: for a nightly job.

The file appears when it is complete. Any failure ends the program with exit code 1, so that the
scheduler notices it; the error has the correlation id that a support request needs.
"""

import csv
import sys
from pathlib import Path

from genesys_cloud import Client, GenesysCloudError, RetryConfiguration

FIELDS = ["id", "name", "email", "department", "title", "state"]


def export(client: Client, path: Path) -> int:
    """Write the users and return their number."""
    count, unfinished = 0, path.with_suffix(".part")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        for user in client.users.get_users.paginate(page_size=200, state="any"):
            writer.writerow({name: getattr(user, name) for name in FIELDS})
            count += 1
    unfinished.replace(path)
    return count


def main() -> int:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "users.csv")
    # It is night: there is time to wait for the rate limit and for a platform that is restarted.
    retry = RetryConfiguration(max_retry_time_sec=900, retry_max=50)
    try:
        with Client(retry=retry, deadline=1800) as client:
            count = export(client, path)
    except GenesysCloudError as error:
        print(f"export failed: {error}", file=sys.stderr)
        return 1
    print(f"{path}: {count} users")
    return 0


if __name__ == "__main__":
    sys.exit(main())

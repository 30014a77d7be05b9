"""Creates users from the lines of a CSV file with the columns name, email and title.

Users who exist already are reported and left as they are, so the program can be run again.
"""

import csv
import sys
from pathlib import Path

from genesys_cloud import Client, RetryConfiguration
from genesys_cloud.errors import BadRequestError, ConflictError
from genesys_cloud.models import CreateUser

EXAMPLE = "name,email,title\nAda,ada@example.com,Engineer\nBert,bert@example.com,Agent\n"


def import_users(client: Client, path: Path) -> tuple[int, list[str]]:
    """Create the users; return the number of created users, and the errors of the others."""
    home = client.authorization.get_authorization_divisions_home()
    created, problems = 0, []
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            user = CreateUser(
                name=row["name"], email=row["email"], title=row["title"], division_id=home.id
            )
            try:
                client.users.post_users(user)
            except (BadRequestError, ConflictError) as error:
                problems.append(f"line {number}, {row['email']}: {error.message}")
            else:
                created += 1
    return created, problems


def main() -> int:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "new-users.csv")
    if not path.exists():
        path.write_text(EXAMPLE, encoding="utf-8")
    with Client(retry=RetryConfiguration(max_retry_time_sec=60)) as client:
        created, problems = import_users(client, path)
    print(f"{created} users created", *problems, sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

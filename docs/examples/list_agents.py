"""Lists all users with their presence, as a table."""

from genesys_cloud import Client


def main() -> None:
    with Client() as client:
        users = client.users.get_users.paginate(page_size=100, expand=["presence"])
        rows = [
            (
                user.name or "",
                user.email or "",
                user.presence.presence_definition.system_presence or ""
                if user.presence and user.presence.presence_definition
                else "",
            )
            for user in users
        ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in sorted(rows):
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    print(f"{len(rows)} users")


if __name__ == "__main__":
    main()

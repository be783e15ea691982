"""Tags in the state file."""

from sqlite3 import Connection


class Tags:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, resource_arn: str) -> dict[str, str]:
        rows = self._connection.execute(
            "SELECT key, value FROM tags WHERE resource_arn = ? ORDER BY key", (resource_arn,)
        )
        return {row["key"]: row["value"] for row in rows}

    def put(self, resource_arn: str, tags: dict[str, str]) -> None:
        self._connection.executemany(
            "INSERT INTO tags (resource_arn, key, value) VALUES (?,?,?)"
            " ON CONFLICT (resource_arn, key) DO UPDATE SET value = excluded.value",
            [(resource_arn, key, value) for key, value in tags.items()],
        )

    def remove(self, resource_arn: str, keys: list[str]) -> None:
        self._connection.executemany(
            "DELETE FROM tags WHERE resource_arn = ? AND key = ?", [(resource_arn, key) for key in keys]
        )

"""A new folder on this machine into which a set is written."""

from __future__ import annotations

from pathlib import Path

from portal.base.errors import InvalidInput


class NewFolder:
    """A folder that is new or empty, so that nothing is written over. Raises InvalidInput."""

    def __init__(self, root: Path) -> None:
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise InvalidInput(f"{root} is not empty. Name a new folder, so that nothing is written over.")
        self._root = root
        self._made: set[Path] = set()

    def save(self, name: str, content: bytes) -> None:
        """Write a file below the folder."""
        path = self._root / name
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        path.write_bytes(content)

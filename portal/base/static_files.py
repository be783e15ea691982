"""Style sheets, scripts and fonts as they are sent: compressed, named by their content."""

from __future__ import annotations

from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class CollectedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """Name files by their content once they are collected; before that, as in tests, by their plain names."""

    manifest_strict = False

    def url(self, name: str | None, force: bool = False) -> str:
        """Return the address of a file."""
        if not self.hashed_files or settings.DEBUG:
            return StaticFilesStorage.url(self, name)
        address: str = super().url(name, force)
        return address

    def stored_name(self, name: str) -> str:
        """Return a file's name with its content's hash, or the plain one where it was not collected."""
        try:
            stored: str = super().stored_name(name)
        except ValueError:
            return name
        return stored

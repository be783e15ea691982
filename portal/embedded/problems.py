"""What keeps an embedded service from starting, in one sentence for the person at the terminal."""

import errno
from pathlib import Path

from portal.base.errors import PortalError


class CannotStart(PortalError):
    """Something outside the program must change first; the message says what."""

    code = "cannot_start"


FULL = {errno.ENOSPC, errno.EDQUOT}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}


def explained(error: OSError, path: Path) -> CannotStart | None:
    """Say what an operating-system error on `path` means, or None when it is not of the expected kinds."""
    if error.errno in FULL:
        return CannotStart(f"The disk that holds {path} is full. Make room and start again.")
    if error.errno in FORBIDDEN:
        return CannotStart(
            f"{path} cannot be written ({error.strerror}). "
            "Set KAMADO_HOME to a folder that you may write, or mend its permissions."
        )
    return None

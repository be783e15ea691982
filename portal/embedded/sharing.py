"""Several processes use one embedded service; the last one out stops it.

Every user holds a shared flock on `locks/<service>.users`. Whoever leaves tries to turn it into an exclusive
one: this succeeds for the last one only, who then stops the service while newcomers wait for the lock. The
kernel gives locks back when a process dies, so a killed user never keeps a service up for ever: the next
one out stops it. Starting is serialised by an exclusive flock on `locks/<service>.start`.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from portal.embedded.folder import StateFolder


class Service(Protocol):
    """An embedded service."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    def start(self) -> bool:
        """Join the one that runs or start it; True when it was started. Only under the start lock."""

    def stop(self) -> None: ...

    def is_alive(self) -> bool: ...

    def version(self) -> str: ...


@contextmanager
def starting(folder: StateFolder, name: str) -> Iterator[None]:
    """Hold the lock under which a service is started or restarted."""
    lock = os.open(folder.part("locks") / f"{name}.start", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def in_use(service: Service, folder: StateFolder) -> Iterator[bool]:
    """Have `service` up while the block runs; yield whether it had to be started."""
    users = os.open(folder.part("locks") / f"{service.name}.users", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        with starting(folder, service.name):
            fcntl.flock(users, fcntl.LOCK_SH)
            started = service.start()
        try:
            yield started
        finally:
            if is_last_user(users):
                service.stop()
    finally:
        os.close(users)


def is_last_user(users: int) -> bool:
    """Turn our shared lock into an exclusive one, if nobody else holds it."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_unused(service: Service, folder: StateFolder) -> bool:
    """Tell whether nobody holds `service`, as after a kill -9 of its only user."""
    users = os.open(folder.part("locks") / f"{service.name}.users", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        return is_last_user(users)
    finally:
        os.close(users)

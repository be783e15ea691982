"""Real PostgreSQL and Redis for the tests, up before Django reads its settings.

Loaded by `-p tests.services` (pyproject.toml). The first process starts what the environment does not name,
in a temporary state folder, and puts it into the environment, so that pytest-xdist's workers share it.
Services end with that process, however it ends; folders that a killed run left are removed by the next one.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg

from portal.embedded.folder import PROJECT, StateFolder
from portal.embedded.messages import compile_messages
from portal.embedded.postgres import Postgres
from portal.embedded.redis import Redis
from portal.embedded.sharing import in_use

PREFIX = "kamado-tests-"
TEMPLATE = "kamado_template"
TEMPLATE_VARIABLE = "KAMADO_TESTS_TEMPLATE"
IN_PARALLEL = {"-n", "--numprocesses"}
# Set in the first process and inherited by pytest-xdist's workers, which start and stop nothing.
HOME_VARIABLE = "KAMADO_TESTS_HOME"
# No test may reach a real account by accident; the opt-in contract tests name theirs on purpose.
DUMMY_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def abandoned_folders() -> Iterator[Path]:
    """Find the folders of runs that were killed: nobody holds their lock any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.geteuid() and not is_locked(folder):
                yield folder


def is_locked(folder: Path) -> bool:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def start_services() -> None:
    for abandoned in abandoned_folders():
        shutil.rmtree(abandoned, ignore_errors=True)
    folder = StateFolder(Path(tempfile.mkdtemp(prefix=PREFIX)).resolve())
    fcntl.flock(os.open(folder.path, os.O_RDONLY), fcntl.LOCK_SH)
    folder.path.chmod(0o711)
    os.environ[HOME_VARIABLE] = os.environ["KAMADO_HOME"] = str(folder.path)
    services = ExitStack()
    services.callback(shutil.rmtree, folder.path, ignore_errors=True)
    atexit.register(services.close)
    if not os.environ.get("DATABASE_URL"):
        postgres = Postgres(folder, is_durable=False, ends_with_us=True)
        services.enter_context(in_use(postgres, folder))
        os.environ["DATABASE_URL"] = postgres.url
        if IN_PARALLEL & set(sys.argv):
            make_template(postgres.url)
    if not os.environ.get("REDIS_URL"):
        redis = Redis(folder, ends_with_us=True)
        services.enter_context(in_use(redis, folder))
        os.environ["REDIS_URL"] = redis.url


def make_template(url: str) -> None:
    """Migrate one database that every worker copies: migrating takes as long as a hundred tests."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    template = {**os.environ, "DATABASE_URL": url.replace("/kamado?", f"/{TEMPLATE}?")}
    subprocess.run([sys.executable, "-m", "portal.embedded.schema"], env=template, check=True, cwd=PROJECT)
    os.environ[TEMPLATE_VARIABLE] = TEMPLATE


if HOME_VARIABLE not in os.environ:
    for name, value in DUMMY_AWS.items():
        os.environ.setdefault(name, value)
    compile_messages()
    start_services()

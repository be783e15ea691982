"""The first page after signing in: bytes on the wire, and when it can be used on a slow processor.

The fleet board of 100 stores, in Chromium on a phone's window with an empty cache, from gunicorn
and WhiteNoise here, the browser's processor four times slower. Median of five.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from _ground import make_franchise, portal
from _weighing import Weight, weigh

TIMES, SLOWER = 5, 4
MOST_BYTES, MOST_MS = 400_000, 1_500


@contextmanager
def web() -> Iterator[str]:
    """Serve the portal as `up` does; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen([*command, "--threads", "4", "--log-level", "error"], env=os.environ)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=2)  # noqa: S310  our own server
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def session_of_headquarters() -> str:
    """Sign a superuser in; return the cookie."""
    from django.test import Client

    from portal.base.models import User

    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    return str(client.cookies["sessionid"].value)


def weigh_board(address: str, session: str) -> list[Weight]:
    """Open the fleet board some times."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        found = []
        for _ in range(TIMES + 1):
            context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
            context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
            found.append(weigh(context, f"{address}/", slower=SLOWER))
            context.close()
        browser.close()
    return found[1:]


def main() -> None:
    with portal():
        from portal.embedded.schema import collect_static

        collect_static()
        make_franchise(20, 5)
        session = session_of_headquarters()
        with web() as address:
            found = weigh_board(address, session)
    first = found[0]
    ready = statistics.median(each.interactive_ms for each in found)
    print(f"{first.bytes / 1000:,.0f} kB in {first.requests} requests (at most {MOST_BYTES / 1000:,.0f})")
    print(f"interactive after {ready:,.0f} ms at {SLOWER} × slower (at most {MOST_MS:,})")
    for name, size in sorted(first.parts.items(), key=lambda part: -part[1])[:8]:
        print(f"  {size / 1000:6.1f} kB  {name}")
    if first.bytes > MOST_BYTES or ready > MOST_MS:
        sys.exit("The first page is too heavy.")


if __name__ == "__main__":
    main()

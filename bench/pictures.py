"""What a hostile or odd picture costs to check: seconds and memory, each in a process of its own.

python bench/pictures.py

The pictures are those of tests/detections/test_pictures.py.
"""

import multiprocessing
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def main() -> None:
    from tests.detections.test_pictures import ODD, REFUSED

    made = {name: make for table in (REFUSED, ODD) for name, (make, _) in table.items()}
    found = sorted((cost(make), name) for name, make in made.items())
    for (seconds, megabytes), name in found[-8:]:
        print(f"{name:40} {seconds:5.2f} s  {megabytes:4.0f} MB")
    most = max(megabytes for (_, megabytes), _ in found)
    print(f"{len(found)} pictures: slowest {found[-1][0][0]:.2f} s, most memory {most:.0f} MB")


def cost(make: Callable[[], bytes]) -> tuple[float, float]:
    """Return the seconds and the megabytes beyond those of an idle process that checking takes."""
    content = make()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=check, args=(theirs,))
    child.start()
    ours.send_bytes(content)
    seconds, megabytes = ours.recv()
    child.join()
    return seconds, megabytes


def check(pipe: Connection) -> None:
    from detections.domain.pictures import PictureRefused
    from detections.gateways.pixels import read_picture
    from tests.detections.test_pictures import plain

    content = pipe.recv_bytes()
    read_picture(plain())
    Path("/proc/self/clear_refs").write_text("5")  # begins the high-water mark anew
    before, began = kilobytes("VmHWM"), time.perf_counter()
    with suppress(PictureRefused):
        read_picture(content)
    seconds = time.perf_counter() - began
    pipe.send((seconds, (kilobytes("VmHWM") - before) / 1024))


def kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()

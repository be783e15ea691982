"""The command line: `python -m rekognition_local [serve | meter | table]`. Without a word, it serves."""

import argparse
import json
import logging
import re
import signal
import sys
import threading
from pathlib import Path

from rekognition_local import instants, meter
from rekognition_local.errors import StartupError
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Durations, Quotas, Settings, Span
from rekognition_local.storage.database import read_only
from rekognition_local.storage.memory import Memory
from rekognition_local.storage.runs import Runs
from rekognition_local.transitions import as_markdown

_DURATIONS, _QUOTAS = Durations(), Quotas()


def main(arguments: list[str]) -> int:
    """Run one command. 0 is a clean end, 2 a problem that the person at the terminal can solve."""
    commands = {"serve": _serve, "meter": _print_meter, "table": _print_table}
    name, rest = (
        (arguments[0], arguments[1:]) if arguments[:1] and arguments[0] in commands else ("serve", arguments)
    )
    try:
        return commands[name](rest)
    except StartupError as error:
        print(f"rekognition_local: {error}", file=sys.stderr)
        return 2


def _serve(arguments: list[str]) -> int:
    settings = _settings(_parser().parse_args(arguments))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with serve(settings) as server:
        print(f"Rekognition Local is ready at {server.url}", flush=True)
        stop.wait()
    return 0


def _print_meter(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m rekognition_local meter", description="Print the meter as JSON."
    )
    parser.add_argument("--data-dir", type=Path, required=True)
    with read_only(parser.parse_args(arguments).data_dir) as connection:
        at_ms = Memory(connection).local_ms() or 0
        print(json.dumps(meter.report(Runs(connection).all(), at_ms=at_ms), indent=2))
    return 0


def _print_table(arguments: list[str]) -> int:
    description = "Print which operation is allowed in which status, and why."
    argparse.ArgumentParser(prog="python -m rekognition_local table", description=description).parse_args(
        arguments
    )
    print(as_markdown())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rekognition_local",
        description="A control plane of Amazon Rekognition Custom Labels on this machine. "
        "Other commands: `meter --data-dir DIR` prints what would be billed, `table` the table of decisions.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9900, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--data-dir", type=Path, required=True, metavar="DIR", help="where the state is kept")
    parser.add_argument("--account", type=_account, default="123456789012", metavar="ID")
    parser.add_argument("--control", action="store_true", help="answer the control calls under /_control/")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draws durations and faults")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--buckets", type=_folder, metavar="DIR", help="s3://breads/1.jpg is the file DIR/breads/1.jpg"
    )
    source.add_argument("--s3-endpoint", metavar="URL", help="read and write S3 there, through boto3")
    _add_time(parser)
    _add_quotas(parser)
    return parser


def _add_time(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("time")
    group.add_argument("--clock", type=ClockMode, choices=list(ClockMode), default=ClockMode.SCALED)
    group.add_argument(
        "--scale", type=_scale, default=1.0, help="local seconds per real second, scaled clock only"
    )
    group.add_argument(
        "--start-at", type=_instant, metavar="ISO", help="first instant of a new data directory"
    )
    for name, what, default in (
        ("start", "STARTING", _DURATIONS.start),
        ("stop", "STOPPING", _DURATIONS.stop),
        ("training", "TRAINING_IN_PROGRESS", _DURATIONS.training),
        ("copy", "COPYING_IN_PROGRESS", _DURATIONS.copy),
        ("delete", "DELETING", _DURATIONS.delete),
        ("dataset", "a change of a dataset", _DURATIONS.dataset),
    ):
        low, high = default.low_ms / 1000, default.high_ms / 1000
        help_text = f"how long {what} lasts: N or LOW-HIGH (default: {low:g}-{high:g})"
        group.add_argument(f"--{name}-seconds", type=_span, default=default, metavar="SPAN", help=help_text)


def _add_quotas(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("quotas, each per region")
    for name, default in (
        ("max-running-models", _QUOTAS.running_models),
        ("max-inference-units", _QUOTAS.inference_units),
        ("max-training-jobs", _QUOTAS.training_jobs),
        ("max-projects", _QUOTAS.projects),
        ("max-models-per-project", _QUOTAS.models_per_project),
        ("max-images-per-dataset", _QUOTAS.images_per_dataset),
        ("control-plane-tps", _QUOTAS.control_plane_tps),
        ("tagging-tps", _QUOTAS.tagging_tps),
        ("detect-tps", _QUOTAS.detect_tps),
    ):
        group.add_argument(
            f"--{name}", type=_count, default=default, metavar="N", help="default: %(default)s"
        )
    group.add_argument("--no-tps-limits", action="store_true", help="no limits of requests per second")


def _settings(options: argparse.Namespace) -> Settings:
    quotas = Quotas(
        running_models=options.max_running_models,
        inference_units=options.max_inference_units,
        training_jobs=options.max_training_jobs,
        projects=options.max_projects,
        models_per_project=options.max_models_per_project,
        images_per_dataset=options.max_images_per_dataset,
        control_plane_tps=options.control_plane_tps,
        tagging_tps=options.tagging_tps,
        detect_tps=options.detect_tps,
    )
    return Settings(
        data_dir=options.data_dir,
        host=options.host,
        port=options.port,
        account=options.account,
        clock=options.clock,
        scale=options.scale,
        start_at_ms=options.start_at,
        durations=Durations(
            options.start_seconds,
            options.stop_seconds,
            options.training_seconds,
            options.copy_seconds,
            options.delete_seconds,
            options.dataset_seconds,
        ),
        quotas=quotas.without_tps() if options.no_tps_limits else quotas,
        seed=options.seed,
        control=options.control,
        buckets=options.buckets,
        s3_endpoint=options.s3_endpoint,
    )


def _span(text: str) -> Span:
    try:
        return Span.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no span of seconds; write N or LOW-HIGH, as in 90 or 240-1080"
        ) from error


def _instant(text: str) -> int:
    try:
        return instants.from_iso(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{error} (an instant is written 2026-11-23T08:55:00+09:00)"
        ) from error


def _folder(text: str) -> Path:
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text} cannot be used: {error.strerror}") from error
    return path.resolve()


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def _account(text: str) -> str:
    if not re.fullmatch(r"\d{12}", text):
        raise argparse.ArgumentTypeError("an account is twelve digits")
    return text


def _scale(text: str) -> float:
    scale = float(text)
    if not 0 < scale <= 100_000:
        raise argparse.ArgumentTypeError("the scale must be above 0 and at most 100000")
    return scale

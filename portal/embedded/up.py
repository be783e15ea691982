"""The whole product on one machine: what `manage.py up` does, step by step."""

import http.client
import os
import signal
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from types import FrameType

from portal.embedded import processes, rekognition
from portal.embedded.entry import is_named
from portal.embedded.folder import PROJECT, StateFolder
from portal.embedded.messages import compile_messages
from portal.embedded.postgres import Postgres
from portal.embedded.preflight import only_copy, refuse_taken_port
from portal.embedded.problems import CannotStart, explained
from portal.embedded.redis import Redis
from portal.embedded.schema import COLLECT
from portal.embedded.sharing import Service, in_use, is_unused
from portal.embedded.supervisor import Program, Restartable, Say, SharedService, stop_all, watch

WEB_SECONDS = 60
ANYWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104  read, never bound


@dataclass(frozen=True, slots=True)
class Plan:
    folder: StateFolder
    host: str
    port: int
    has_demo: bool

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it."""
        host = ANYWHERE.get(self.host, self.host)
        return f"http://{bracketed(host)}:{self.port}/"


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def run(plan: Plan, say: Say) -> None:
    """Bring everything up, keep it up until interrupted, and take it down again."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        plan.folder.make()
        plan.folder.refuse_full_disk()
        with only_copy(plan.folder, plan.address):
            refuse_taken_port(plan.host, plan.port)
            plan.folder.keep_secret_key()
            compile_messages()
            keep_up(plan, say)
    except OSError as error:
        raise explained(error, plan.folder.path) or error from error
    except KeyboardInterrupt:
        say("Everything is stopped. The data stays; the next start goes on with it.")


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def keep_up(plan: Plan, say: Say) -> None:
    programs = [web(plan), worker(plan.folder), beat(plan.folder), watchman(plan.folder)]
    if plan.has_demo:
        programs.append(registers(plan))
    with ExitStack() as services:
        watched = start_services(plan, services, say)
        services.callback(stop_all, programs)
        services.callback(ignore_interruptions)
        say("Bringing the database up to date")
        run_once(plan.folder, "migrate", [sys.executable, "-m", "portal.embedded.schema", COLLECT])
        start_programs(plan, programs, say)
        try:
            watch([*watched, *programs], say)
        finally:
            say("Stopping")


def ignore_interruptions() -> None:
    """Finish stopping whatever else is pressed; it takes a few seconds at most."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def start_services(plan: Plan, services: ExitStack, say: Say) -> list[Restartable]:
    """Start or join what the environment does not name, and name it there for our children."""
    watched: list[Restartable] = []

    def use(service: Service) -> None:
        started = services.enter_context(in_use(service, plan.folder))
        state = "up" if started else "up already"
        say(f"{service.title} {service.version()} is {state} (data in {plan.folder.path / service.name})")
        watched.append(SharedService(plan.folder, service))

    if not is_named("DATABASE_URL"):
        postgres = Postgres(plan.folder)
        use(postgres)
        os.environ["DATABASE_URL"] = postgres.url
    if not is_named("REDIS_URL"):
        redis = Redis(plan.folder)
        use(redis)
        os.environ["REDIS_URL"] = redis.url
    if rekognition.is_wanted():
        pace = rekognition.BRISK if plan.has_demo else rekognition.LIKE_AWS
        local = rekognition.Rekognition(plan.folder, pace)
        if is_unused(local, plan.folder):
            # Left behind by a run that was killed, perhaps at another pace.
            local.stop()
        use(local)
        os.environ.update(rekognition.environment_for(local))
    return watched


def start_programs(plan: Plan, programs: list[Program], say: Say) -> None:
    first, *others = programs
    first.start()
    if plan.has_demo:
        make_demo(plan.folder, say)
    for program in others:
        program.start()
    wait_for_answer(plan, first)
    say("The web server, the worker and the clock are up")
    say(f"Kamado is at {plan.address} (Ctrl-C stops it)")


def make_demo(folder: StateFolder, say: Say) -> None:
    """Fill the database with the demo stores. The command prints the sign-ins itself."""
    from django.core.management import get_commands

    if "demo" not in get_commands():
        say("There is no demo data in this version; starting without it")
        return
    say("Preparing the demo stores")
    if processes.run_shown([sys.executable, PROJECT / "manage.py", "demo"], folder=PROJECT):
        say("The demo data could not be made; going on without it")


def run_once(folder: StateFolder, name: str, command: processes.Command) -> None:
    """Run a program to its end; a failure stops the start with the last thing it said."""
    log = folder.log_of(name)
    surroundings = processes.Surroundings(log, last_signal=signal.SIGTERM)
    pid = processes.spawn(command, surroundings, folder=PROJECT)
    if status := processes.wait_for(pid):
        raise CannotStart(f"{name} failed ({status}): {processes.last_complaint(log)} (see {log})")


def wait_for_answer(plan: Plan, server: Program) -> None:
    """Wait for the first answer of the web server, whatever it says."""

    def answers() -> bool:
        connection = http.client.HTTPConnection(ANYWHERE.get(plan.host, plan.host), plan.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status > 0
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    processes.wait_until(lambda: answers() or not server.is_alive(), WEB_SECONDS, pause=0.05)
    if not server.is_alive():
        last = processes.last_complaint(server.log)
        raise CannotStart(f"The web server does not start: {last} (see {server.log})")


def web(plan: Plan) -> Program:
    command: processes.Command = [
        *(sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"{bracketed(plan.host)}:{plan.port}"),
        *(
            "--worker-class",
            "gthread",
            "--workers",
            "2",
            "--threads",
            "16",
            "--preload",
            "--no-control-socket",
        ),
        *("--timeout", "60", "--graceful-timeout", "5"),
    ]
    return Program(plan.folder, "web", "The web server", command)


def worker(folder: StateFolder) -> Program:
    command: processes.Command = [
        *(*celery_command(), "worker", "--pool", "prefork", "--concurrency", "2", "--queues", "tick,default"),
        *("--without-gossip", "--without-mingle", "--loglevel", "INFO"),
    ]
    return Program(folder, "worker", "The worker", command)


def beat(folder: StateFolder) -> Program:
    return Program(folder, "beat", "The clock", [*celery_command(), "beat", "--loglevel", "WARNING"])


def watchman(folder: StateFolder) -> Program:
    """Return the process that rings when the worker or the clock no longer decides."""
    return Program(folder, "watch", "The watch", [sys.executable, PROJECT / "manage.py", "watch"])


def registers(plan: Plan) -> Program:
    command: processes.Command = [
        *(sys.executable, PROJECT / "manage.py", "simulate_registers", "--address", plan.address),
    ]
    return Program(plan.folder, "registers", "The simulated registers", command)


def celery_command() -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "--app", "portal")

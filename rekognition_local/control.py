"""The control calls: what a test or a demonstration does that the real service would never allow."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar

from rekognition_local import instants, meter
from rekognition_local.errors import ControlError
from rekognition_local.faults import rules_from_json
from rekognition_local.seeding import seed
from rekognition_local.service import Service
from rekognition_local.status_setting import set_status

_LONGEST_ADVANCE_SECONDS = 10 * 366 * 24 * 3600

_LONGEST_WAIT_SECONDS = 600

Route = Callable[["Control", Any], dict[str, Any]]


class Control:
    PREFIX = "/_control/"

    def __init__(self, service: Service) -> None:
        self._service = service

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """HTTP status and content of one control call."""
        route = self.ROUTES.get((method, path.removeprefix(self.PREFIX)))
        if route is None:
            known = ", ".join(f"{verb} {self.PREFIX}{name}" for verb, name in self.ROUTES)
            return 404, {"error": f"There is no {method} {path}. There are: {known}."}
        try:
            content = json.loads(body or b"{}")
            if not isinstance(content, dict):
                raise ControlError("The body must be a JSON object.")
            if route is Control._post_wait:
                return 200, route(self, content)
            with self._service.lock, self._service.store.database.transaction():
                self._service.store.settle(self._service.clock.now_ms())
                answer = route(self, content)
            if self._service.store.jobs.take_news():
                self._service.desk.begin_waiting()
            return 200, answer
        except (ControlError, ValueError) as error:
            return 400, {"error": str(error)}

    def _get_meter(self, _body: Any) -> dict[str, Any]:
        return meter.report(self._service.store.runs.all(), at_ms=self._service.clock.now_ms())

    def _get_clock(self, _body: Any) -> dict[str, Any]:
        clock = self._service.clock
        return {
            "mode": self._service.settings.clock,
            "scale": clock.scale,
            "now": instants.to_iso(clock.now_ms()),
        }

    def _post_clock(self, body: dict[str, Any]) -> dict[str, Any]:
        """Move forward. In every mode, so that a demonstration on a scaled clock can skip a night."""
        clock = self._service.clock
        clock.set_to(_wanted_instant(body, now_ms=clock.now_ms()))
        self._service.store.memory.save_clock(clock)
        return self._get_clock(body)

    def _get_faults(self, _body: Any) -> dict[str, Any]:
        return {"rules": [asdict(rule) for rule in self._service.faults.rules]}

    def _post_faults(self, body: dict[str, Any]) -> dict[str, Any]:
        self._service.faults.replace(rules_from_json(body))
        return self._get_faults(body)

    def _post_set_status(self, body: dict[str, Any]) -> dict[str, Any]:
        arn, status = body.get("arn"), body.get("status")
        if not isinstance(arn, str) or not isinstance(status, str):
            raise ControlError('The body must be {"arn": "<version ARN>", "status": "<status>"}.')
        return set_status(self._service.store, arn=arn, status=status, at_ms=self._service.clock.now_ms())

    def _post_seed(self, body: dict[str, Any]) -> dict[str, Any]:
        service = self._service
        return seed(service.store, body, account=service.settings.account, at_ms=service.clock.now_ms())

    def _post_reset(self, body: dict[str, Any]) -> dict[str, Any]:
        """Forget everything. Only here may time go back: no memory is left that it could contradict."""
        service = self._service
        service.store.empty()
        service.desk.drop()
        service.faults.replace([])
        service.throttle.forget()
        if isinstance(text := body.get("clock"), str):
            service.clock.set_to(instants.from_iso(text))
        service.store.memory.save_clock(service.clock)
        return self._get_clock(body)

    def _get_state(self, body: Any) -> dict[str, Any]:
        """Everything there is, with what each version becomes next and when."""
        service = self._service
        projects = [
            {
                **asdict(project),
                "datasets": [asdict(dataset) for dataset in service.store.datasets.of_project(project.id)],
                "versions": [asdict(version) for version in service.store.versions.all_in(project.id)],
            }
            for project in service.store.projects.all()
        ]
        return {
            "account": service.settings.account,
            "clock": self._get_clock(body),
            "quotas": asdict(service.settings.quotas),
            "projects": projects,
        }

    def _get_work(self, _body: Any) -> dict[str, Any]:
        return {
            "jobs": [
                {"kind": job.kind, "arn": job.subject_arn, "progress": progress, "attempt": job.attempts}
                for job, progress in self._service.desk.going_on()
            ]
        }

    def _post_wait(self, body: dict[str, Any]) -> dict[str, Any]:
        """Wait for work that goes on, as training. Without the lock, or the work could never end."""
        seconds = body.get("seconds", 60)
        if not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST_WAIT_SECONDS:
            raise ControlError(f"seconds must be a number from 0 to {_LONGEST_WAIT_SECONDS}.")
        return {"is_idle": self._service.desk.wait(seconds)}

    ROUTES: ClassVar[dict[tuple[str, str], Route]] = {
        ("GET", "meter"): _get_meter,
        ("GET", "state"): _get_state,
        ("GET", "clock"): _get_clock,
        ("POST", "clock"): _post_clock,
        ("GET", "faults"): _get_faults,
        ("POST", "faults"): _post_faults,
        ("POST", "versions/set_status"): _post_set_status,
        ("POST", "seed"): _post_seed,
        ("POST", "reset"): _post_reset,
        ("GET", "work"): _get_work,
        ("POST", "work/wait"): _post_wait,
    }


def _wanted_instant(body: dict[str, Any], *, now_ms: int) -> int:
    """The instant that a clock call asks for; never one before now."""
    by, text = body.get("advance_seconds"), body.get("set")
    if isinstance(by, int | float) and 0 <= by <= _LONGEST_ADVANCE_SECONDS:
        return instants.checked(now_ms + round(by * 1000))
    if not isinstance(text, str):
        raise ControlError(
            'The body must be {"set": "<ISO time with zone>"} or {"advance_seconds": N}, '
            f"with N from 0 to {_LONGEST_ADVANCE_SECONDS}."
        )
    at_ms = instants.from_iso(text)
    if at_ms < now_ms:
        raise ControlError(f"Time does not run backwards: it is {instants.to_iso(now_ms)} already.")
    return at_ms

"""The service itself: one call at a time, from the bytes of a request to the bytes of an answer."""

import json
import logging
import time
import uuid
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from threading import RLock
from typing import Any

from rekognition_local.authorization import region_of
from rekognition_local.buckets import open_buckets
from rekognition_local.errors import INTERNAL_SERVER_ERROR, DropConnection, ServiceError
from rekognition_local.faults import WIRE_FAULTS, FaultKind, FaultPlan, FaultRule, versions_named_in
from rekognition_local.hands import QUICK_KINDS, hands
from rekognition_local.operations import OPERATIONS
from rekognition_local.operations.call import Call
from rekognition_local.paging import PageTokens
from rekognition_local.seeing.eyes import Eyes
from rekognition_local.settings import ClockMode, Settings
from rekognition_local.storage.store import Store
from rekognition_local.throttling import Throttle
from rekognition_local.wire.answers import answer_writer
from rekognition_local.wire.catalogue import SERVICE_TARGET, operation_names
from rekognition_local.wire.requests import request_reader
from rekognition_local.work import Desk

log = logging.getLogger(__name__)

# On the immediate clock a change is complete at the next look, yet reading a manifest takes real time.
_IMMEDIATE_WAITS_SECONDS = 60
_SLOW = frozenset({FaultKind.SLOW})


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    request_id: str
    http_status: int = 200
    error: str | None = None


class Service:
    """Holds the state.

    `lock` is held while anything reads or writes it, so quotas hold under any number of threads.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = RLock()
        self._is_closed = False
        self.store = Store(settings.data_dir)
        with self.store.database.transaction():
            self.clock = self.store.start_clock(settings)
            self.tokens = PageTokens(self.store.memory.page_token_key())
        self.throttle = Throttle()
        self.faults = FaultPlan(settings.seed)
        self.buckets = open_buckets(folder=settings.buckets, endpoint=settings.s3_endpoint)
        self.eyes = Eyes(settings.data_dir, self.buckets)
        workers = hands(settings, self.store, self.lock, self.buckets)
        self.desk = Desk(self.store, self.lock, self.clock, workers)
        self.desk.begin_waiting()

    def answer(self, target: str, authorization: str | None, body: bytes) -> Answer:
        """Answer one POST. Only DropConnection comes out of here as an exception."""
        request_id = str(uuid.uuid4())
        try:
            content = self._carry_out(target, authorization, body)
        except ServiceError as error:
            return _error_answer(error, request_id)
        except DropConnection:
            raise
        except Exception:
            # The outermost edge: the client gets the service's own 500, the cause goes to the log in full.
            log.exception("A request failed: %s", target)
            return _error_answer(
                ServiceError(INTERNAL_SERVER_ERROR, "Rekognition Local has a bug; see its log."), request_id
            )
        return Answer(json.dumps(content, separators=(",", ":")).encode(), request_id)

    def _carry_out(self, target: str, authorization: str | None, body: bytes) -> Any:
        region = region_of(authorization)
        operation = _operation_in(target)
        request = _parsed(body)
        fault = self._admit(operation, region, request)
        checked = request_reader(operation)(request, "")
        if fault and fault.kind is FaultKind.DROP_AFTER:
            with suppress(ServiceError):
                self._commit(operation, region, checked)
            raise DropConnection
        return answer_writer(operation)(self._commit(operation, region, checked))

    def _admit(self, operation: str, region: str, request: Any) -> FaultRule | None:
        """Apply the limit of requests per second, then the faults that strike before the work is done."""
        versions = versions_named_in(request)
        limit = OPERATIONS[operation].plane.limit(self.settings.quotas)
        with self.lock:
            self.throttle.admit(region=region, operation=operation, limit=limit, at_ms=self.clock.now_ms())
            slow = self.faults.take(_SLOW, operation, versions)
            fault = self.faults.take(WIRE_FAULTS, operation, versions)
        if slow:
            time.sleep(slow.seconds)
        if fault and fault.kind is FaultKind.DROP_BEFORE:
            raise DropConnection
        if fault and (error := fault.error()):
            raise error
        return fault

    def _commit(self, operation: str, region: str, request: dict[str, Any]) -> dict[str, Any]:
        """Do the work and have it on the disk before anybody is told; begin what goes on afterwards."""
        if before := OPERATIONS[operation].before:
            before(self.buckets, region, request)
        content = self._in_transaction(operation, region, request)
        if outside := OPERATIONS[operation].outside:
            content = outside(self.eyes, region, request, content)
        if self.store.jobs.take_news():
            self.desk.begin_waiting()
            if self.settings.clock is ClockMode.IMMEDIATE:
                self.desk.wait(_IMMEDIATE_WAITS_SECONDS, kinds=QUICK_KINDS)
        return content

    def _in_transaction(self, operation: str, region: str, request: dict[str, Any]) -> dict[str, Any]:
        with self.lock, self._transaction():
            at_ms = self.clock.now_ms()
            changes = self.store.database.changes
            self.store.settle(at_ms)
            call = Call(self.store, self.settings, self.faults, self.tokens, region, at_ms, self.buckets)
            content = OPERATIONS[operation].run(call, request)
            if self.store.database.changes != changes:
                self.store.memory.save_last_write(at_ms)
            return content

    def _transaction(self) -> AbstractContextManager[None]:
        # A request that arrives while the server closes gets what a closed server gives: no answer.
        if self._is_closed:
            raise DropConnection
        return self.store.database.transaction()

    def close(self) -> None:
        """Write the clock down and close the state file. Calls that come later are hung up on."""
        self.desk.close()
        self.eyes.close()
        with self.lock:
            with self.store.database.transaction():
                self.store.memory.save_clock(self.clock)
            self._is_closed = True
            self.store.database.close()


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}", parse_constant=_refuse_constant)
    except ValueError as error:
        raise ServiceError("SerializationException", f"The request is not JSON: {error}") from None


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _operation_in(target: str) -> str:
    service, _, operation = target.rpartition(".")
    if service != SERVICE_TARGET or operation not in operation_names():
        raise ServiceError("UnknownOperationException", f"The service has no operation {target!r}.")
    if operation not in OPERATIONS:
        message = f"Rekognition Local does not carry the operation {operation}."
        raise ServiceError("UnknownOperationException", message)
    return operation


def _error_answer(error: ServiceError, request_id: str) -> Answer:
    content = {"__type": error.code, "Code": error.code, "Logref": request_id, "Message": error.message}
    return Answer(json.dumps(content).encode(), request_id, error.http_status, error.code)

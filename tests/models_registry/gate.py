"""An IAM in front of moto and Rekognition Local: every call is let through only if a policy allows it.

moto knows no conditions and refuses signed REST calls altogether once it enforces policies; Rekognition Local
checks none. So the gate reads from each request what IAM reads, who does what on which resource, asks our
evaluator, and answers AccessDenied in the form of the service, or hands the call on.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from models_registry.domain.iam_evaluation import Request, is_allowed

ACCOUNT, OTHER_ACCOUNT = "123456789012", "999999999999"
PORTAL = f"arn:aws:iam::{ACCOUNT}:role/portal"
S3_ACTIONS = {
    ("GET", "acl"): "GetObjectAcl", ("GET", "tagging"): "GetObjectTagging",
    ("GET", "versionId"): "GetObjectVersion", ("GET", ""): "GetObject", ("HEAD", ""): "GetObject",
    ("PUT", ""): "PutObject", ("POST", "uploadId"): "PutObject", ("DELETE", ""): "DeleteObject",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
}  # fmt: skip
DENIAL = f"User: {PORTAL} is not authorized to perform: {{action}} on resource: {{resource}}"
BUCKET_ACTIONS = {"acl": "GetBucketAcl", "location": "GetBucketLocation"}
VERBS = {"GET": "Get", "POST": "Create", "PUT": "Update", "DELETE": "Delete"}


@dataclass
class Call:
    """One request as IAM sees it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def credential(self) -> list[str]:
        """Return access key, day, region and service."""
        found = re.search(r"Credential=([^,]+)", self.headers.get("authorization", ""))
        return found[1].split("/") if found else ["", "", "", "none"]

    @property
    def said(self) -> dict[str, Any]:
        """Return the body, whether JSON or a form."""
        if self.body[:1] == b"{":
            return dict(json.loads(self.body))
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))

    def requests(self) -> list[Request]:
        """Return what the call has to be allowed."""
        region, service = self.credential[2:4]
        arn = f"arn:aws:{service}:{region}:{ACCOUNT}:"
        if service == "s3":
            return [self._s3()]
        if service == "scheduler":
            return self._scheduler(arn)
        said = self.said
        name = self.headers.get("x-amz-target", "").rpartition(".")[2] or said.get("Action", "")
        resource = said.get("ProjectVersionArn") or said.get("ProjectArn") or said.get("DatasetArn") or "*"
        if service in {"iam", "sts"}:
            resource = said.get("RoleArn") or f"arn:aws:iam::{ACCOUNT}:role/{said.get('RoleName')}"
        prefix = {"monitoring": "cloudwatch"}.get(service, service)
        context = {"cloudwatch:namespace": str(said["Namespace"])} if "Namespace" in said else {}
        return [Request(f"{prefix}:{name}", resource, context=context)]

    def _s3(self) -> Request:
        parts = urlsplit(self.path)
        bucket, _, key = parts.path.lstrip("/").partition("/")
        asked = parse_qs(parts.query, keep_blank_values=True)
        if not key:
            action = next((BUCKET_ACTIONS[name] for name in asked if name in BUCKET_ACTIONS), "ListBucket")
            return Request(f"s3:{action}", f"arn:aws:s3:::{bucket}")
        named = next((name for name in asked if (self.method, name) in S3_ACTIONS), "")
        return Request(f"s3:{S3_ACTIONS[self.method, named]}", f"arn:aws:s3:::{bucket}/{key}")

    def _scheduler(self, arn: str) -> list[Request]:
        parts = urlsplit(self.path)
        kind, _, name = parts.path.strip("/").partition("/")
        if kind == "schedule-groups":
            return [Request("scheduler:GetScheduleGroup", f"{arn}schedule-group/{name}")]
        if not name:
            return [Request("scheduler:ListSchedules")]
        said = self.said if self.body else {}
        group = said.get("GroupName") or dict(parse_qsl(parts.query)).get("groupName", "default")
        found = [Request(f"scheduler:{VERBS[self.method]}Schedule", f"{arn}schedule/{group}/{name}")]
        if "Target" in said:
            context = {"iam:PassedToService": "scheduler.amazonaws.com"}
            found.append(Request("iam:PassRole", said["Target"]["RoleArn"], context=context))
        return found


@dataclass
class Gate:
    """The policies in force, the roles that may be assumed, and what was asked for."""

    moto: str
    rekognition: str
    policies: list[Any] = field(default_factory=list)
    role_policies: list[Any] = field(default_factory=list)
    trusts: dict[str, Any] = field(default_factory=dict)
    quotas: dict[str, float] = field(default_factory=dict)
    clock_ahead: timedelta = timedelta(0)
    refused: dict[str, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    keys: dict[str, set[str]] = field(default_factory=dict)
    url: str = ""

    def judge(self, call: Call) -> str:
        """Return why a call is denied, or nothing."""
        key, service = call.credential[0], call.credential[3]
        self.keys.setdefault(service, set()).add(key)
        policies = self.role_policies if key.startswith("ASIA") else self.policies
        for each in call.requests():
            self.asked[each.action] += 1
            if each.action == "sts:GetCallerIdentity":
                continue
            is_trusted = each.action != "sts:AssumeRole" or self._trusts(each.resource, call.said)
            if not (is_trusted and is_allowed(policies, each)):
                return (
                    f"User: {PORTAL} is not authorized to perform: {each.action} on resource: {each.resource}"
                )
        return ""

    def _trusts(self, role: str, said: dict[str, Any]) -> bool:
        context = {"sts:ExternalId": said["ExternalId"]} if "ExternalId" in said else {}
        asked = Request("sts:AssumeRole", principal=("AWS", PORTAL), context=context)
        return role in self.trusts and is_allowed([self.trusts[role]], asked)

    def answer(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        """Judge a call and hand it on."""
        service = call.credential[3]
        if why := self.judge(call):
            return _error(service, 403, "AccessDeniedException" if _is_json(service) else "AccessDenied", why)
        action = call.requests()[0].action
        if action in self.refused:
            return _error(service, 400, self.refused[action], f"as the test wants it for {action}")
        if action == "servicequotas:GetServiceQuota" and call.said["QuotaCode"] in self.quotas:
            value = self.quotas[call.said["QuotaCode"]]
            return (
                200,
                {},
                json.dumps({"Quota": {"QuotaCode": call.said["QuotaCode"], "Value": value}}).encode(),
            )
        status, headers, body = _handed_on(self.rekognition if service == "rekognition" else self.moto, call)
        if service == "s3" and status == 500 and "uploadId=" in call.path:
            return _error(service, 404, "NoSuchUpload", "moto falls over an upload that never began")
        if service == "s3" and status == 404 and not self._may_list(call):
            return _error(service, 403, "AccessDenied", "Access Denied")  # so S3 hides what is missing
        return status, headers, body

    def _may_list(self, call: Call) -> bool:
        bucket = urlsplit(call.path).path.lstrip("/").partition("/")[0]
        policies = self.role_policies if call.credential[0].startswith("ASIA") else self.policies
        is_object_read = call.method == "GET" and "/" in urlsplit(call.path).path.strip("/")
        return not is_object_read or is_allowed(policies, Request("s3:ListBucket", f"arn:aws:s3:::{bucket}"))


def _is_json(service: str) -> bool:
    return service not in {"s3", "iam", "sts"}


def _error(service: str, status: int, code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    if _is_json(service):
        body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
        return status, {"x-amzn-ErrorType": code, "Content-Type": "application/x-amz-json-1.1"}, body
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    xml = error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
    return status, {"Content-Type": "text/xml"}, xml.encode()


def _handed_on(url: str, call: Call) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    kept = {name: value for name, value in call.headers.items() if name not in {"expect", "connection"}}
    connection.request(call.method, call.path, body=call.body or None, headers=kept)
    reply = connection.getresponse()
    body = reply.read()
    headers = {name: value for name, value in reply.getheaders() if name.lower() not in HOP_BY_HOP}
    connection.close()
    return reply.status, headers, body


HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "date", "server", "keep-alive"}


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the gate of its server."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # head and body in one packet, or each call waits for an acknowledgement
    gate: Gate

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = Call(
            self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body
        )
        status, headers, content = self.gate.answer(call)
        self.send_response_only(status)
        at = datetime.now(UTC) - self.gate.clock_ahead
        for name, value in {**headers, "Date": format_datetime(at, usegmt=True)}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815  the base class's names

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def open_gate(moto: str, rekognition: str) -> tuple[Gate, ThreadingHTTPServer]:
    """Serve a gate on a free port; shut the server down when done."""
    gate = Gate(moto, rekognition)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"gate": gate}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    gate.url = f"http://127.0.0.1:{server.server_port}"
    return gate, server

"""Real mail and real webhooks, over sockets of this machine."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.test import override_settings

from alerts.domain.ports import AddressRefused, CannotDeliver, Letter
from alerts.domain.signing import TOLERANCE_SECONDS, is_signed, signature
from alerts.gateways import webhooks
from alerts.gateways.carrying import WorldCarrier, hint_of
from alerts.gateways.deadman import ping
from alerts.gateways.sealing import seal, unseal
from alerts.gateways.webhooks import check_address, is_public, send_webhook

NOW = 1_793_000_000
LETTER = Letter(7, "Critical: 開店に間に合わない", "本文\n", {"id": 7, "event": "BEGAN", "text": "開店"})


@dataclass
class Ear:
    """An HTTP server that keeps what it is sent."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            ear.heard.append((self.command, self.path, dict(self.headers), body))
            self.send_response(ear.status)
            for name, value in ear.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_POST = do_GET = answer  # noqa: N815  named by the standard library

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ear.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield ear
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def private_allowed() -> Iterator[None]:
    with override_settings(WEBHOOKS_PRIVATE=True):
        yield


@pytest.mark.usefixtures("private_allowed")
def test_webhook_arrives_signed_and_the_documented_check_believes_it(ear: Ear) -> None:
    send_webhook(f"{ear.address}/hook?shop=1", "whs_secret", LETTER, now=NOW)
    [(method, path, headers, body)] = ear.heard
    assert (method, path) == ("POST", "/hook?shop=1")
    assert json.loads(body) == LETTER.payload
    assert headers["Kamado-Delivery"] == "7"
    signed = headers["Kamado-Signature"]
    assert is_signed("whs_secret", signed, body=body, now=NOW + 10)
    assert not is_signed("whs_other", signed, body=body, now=NOW)
    assert not is_signed("whs_secret", signed, body=body + b" ", now=NOW)
    assert not is_signed("whs_secret", signed, body=body, now=NOW + TOLERANCE_SECONDS + 1)
    assert not is_signed("whs_secret", "nonsense", body=body, now=NOW)


def test_signature_is_the_one_that_openssl_makes() -> None:
    """printf '1793000000.{}' | openssl dgst -sha256 -hmac whs_secret"""
    header = signature("whs_secret", timestamp=NOW, body=b"{}")
    assert header == "t=1793000000,v1=de8d7bc293c628a97e202721e3ee7673de321e5107595f99863247b7b68cf7f2"


@pytest.mark.usefixtures("private_allowed")
@pytest.mark.parametrize(
    ("status", "retryable"), [(500, True), (503, True), (429, True), (404, False), (302, False), (301, False)]
)
def test_answer_that_is_no_success_is_a_failure(ear: Ear, status: int, retryable: bool) -> None:
    ear.status, ear.headers = status, {"Location": f"{ear.address}/elsewhere"}
    with pytest.raises(CannotDeliver, match=str(status)) as caught:
        send_webhook(ear.address, "s", LETTER, now=NOW)
    assert caught.value.retryable is retryable
    assert len(ear.heard) == 1  # no redirect was followed


@pytest.mark.usefixtures("private_allowed")
def test_nobody_listening_may_be_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(CannotDeliver, match="Refused") as caught:
        send_webhook(f"http://127.0.0.1:{port}/", "s", LETTER, now=NOW)
    assert caught.value.retryable


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/hook", "ftp://example.com/", "https://", "https://user:pw@example.com/",
        "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.8/", "https://192.168.1.1:8443/x", "https://[::ffff:10.0.0.8]/",
        "https://[64:ff9b::7f00:1]/", "https://0.0.0.0/", "https://224.0.0.1/", "https://example.com:99999/",
        "file:///etc/passwd", "https://example.com/#x", "https://example.com/フック",
        f"https://{'a' * 64}.com/",
    ],
)  # fmt: skip
def test_address_that_is_private_or_odd_is_refused_when_typed(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(address)


def test_name_that_turns_private_is_refused_when_called(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the name was public when it was typed."""
    port = int(ear.address.rpartition(":")[2])
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *args, **kwargs: answer)
    with pytest.raises(CannotDeliver, match="private") as caught:
        send_webhook(f"https://hook.example.com:{port}/", "s", LETTER, now=NOW)
    assert not caught.value.retryable
    assert not ear.heard


def test_one_private_answer_among_public_ones_refuses_all(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(socket.AF_INET, 1, 6, "", (each, 443)) for each in ("93.184.215.14", "10.1.2.3")]
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *args, **kwargs: answers)
    with pytest.raises(CannotDeliver, match="private"):
        send_webhook("https://hook.example.com/", "s", LETTER, now=NOW)


@pytest.mark.usefixtures("private_allowed")
def test_call_goes_to_the_address_that_was_checked(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(ear.address.rpartition(":")[2])
    answers = iter([[(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]])
    real = socket.getaddrinfo

    def once(host: str, *args: Any, **kwargs: Any) -> Any:
        return next(answers) if host == "hook.test" else real(host, *args, **kwargs)

    monkeypatch.setattr(webhooks.socket, "getaddrinfo", once)
    send_webhook(f"http://hook.test:{port}/", "s", LETTER, now=NOW)
    assert ear.heard[0][2]["Host"] == f"hook.test:{port}"


@pytest.mark.parametrize(
    ("address", "expected"),
    [("93.184.215.14", True), ("100.64.0.1", False), ("fc00::1", False), ("2606:4700::1", True),
     ("2002:7f00:1::", False), ("::ffff:127.0.0.1", False), ("64:ff9b:1::7f00:1", False), ("fec0::1", False)],
)  # fmt: skip
def test_public_is_what_the_internet_reaches(address: str, expected: bool) -> None:
    assert is_public(ip_address(address)) is expected


SLACK = "https://hooks.slack.com/services/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"
TEAMS = "https://prod-00.westus.logic.azure.com:443/workflows/643e/triggers/manual/paths/invoke?sig=KOD"


@pytest.mark.parametrize(
    ("kind", "address", "hint"),
    [
        ("SLACK", SLACK, "hooks.slack.com/…/B1BRTD4JD"),
        ("WORKFLOWS", TEAMS, "prod-00.westus.logic.azure.com"),
        ("LINE", f"line://{'a' * 40}/U{'0' * 32}", "LINE U0000…"),
        (
            "SNS",
            f"sns://{'A' * 20}/{'b' * 24}/ap-northeast-1/+819012345678",
            "SMS …5678",
        ),
        ("WEBHOOK", "https://93.184.215.14/hook", "93.184.215.14"),
    ],
)
def test_address_of_an_allowed_kind_is_taken_and_only_a_hint_is_shown(kind, address, hint) -> None:
    assert hint_of(kind, address) == hint


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("SLACK", "https://hooks.slack.com.evil.example/services/T1/B1/xxxxxxxxxxxxxxxxxxxx"),
        ("SLACK", f"{SLACK}?template=/etc/passwd"),
        ("SLACK", "jsons://localhost/"),
        ("WORKFLOWS", "https://logic.azure.com.evil.example/workflows/1?sig=2"),
        ("WORKFLOWS", "https://localhost/workflows/1?sig=2"),
        ("WORKFLOWS", "https://x.logic.azure.com/workflows/1"),
        ("LINE", "line://token/U1"),
        ("SNS", "sns://a/b/c/d"),
        ("SNS", "syslog://localhost"),
    ],
)
def test_any_other_address_is_refused(kind: str, address: str) -> None:
    with pytest.raises(AddressRefused):
        hint_of(kind, address)


def test_slack_gets_the_words_through_apprise(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack's own host is on the other side of the internet: apprise is pointed at this machine."""
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", f"{ear.address}/services")
    carrier = WorldCarrier()
    carrier.post("SLACK", seal(SLACK), "", LETTER, now=NOW)
    assert "開店に間に合わない" in json.dumps(json.loads(ear.heard[0][3]), ensure_ascii=False)
    ear.status = 500
    with pytest.raises(CannotDeliver, match="500"):
        carrier.post("SLACK", seal(SLACK), "", LETTER, now=NOW)


def test_address_is_sealed_and_lost_with_the_secret_key() -> None:
    sealed = seal(SLACK)
    assert "slack" not in sealed
    assert unseal(sealed) == SLACK
    with override_settings(SECRET_KEY="another"), pytest.raises(CannotDeliver, match="Enter it again"):
        unseal(sealed)


class Mailbox:
    """What an SMTP server took; it refuses one recipient for good and one for now."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("gone"):
            return "550 no such mailbox"
        if address.startswith("busy"):
            return "450 later, please"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((list(envelope.rcpt_tos), mail))
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, EMAIL_USE_TLS=False, EMAIL_USE_SSL=False,
    ):  # fmt: skip
        yield box
    controller.stop()


def test_mail_goes_through_a_real_server_in_japanese(mailbox: Mailbox) -> None:
    headers = {"List-Unsubscribe": "<https://kamado.example.com/end>"}
    WorldCarrier().mail("taro@example.com", Letter(1, LETTER.subject, LETTER.body, headers=headers))
    [(to, mail)] = mailbox.mails
    assert to == ["taro@example.com"]
    assert mail["Subject"] == "Critical: 開店に間に合わない"
    assert mail.get_content().strip() == "本文"
    assert mail["List-Unsubscribe"] == "<https://kamado.example.com/end>"


@pytest.mark.parametrize(("to", "retryable"), [("gone@example.com", False), ("busy@example.com", True)])
def test_mailbox_that_is_refused_is_told_apart(mailbox: Mailbox, to: str, retryable: bool) -> None:
    with pytest.raises(CannotDeliver) as caught:
        WorldCarrier().mail(to, LETTER)
    assert caught.value.retryable is retryable


def test_dead_mans_address_is_called(ear: Ear) -> None:
    assert ping(f"{ear.address}/ping/abc")
    assert ear.heard[0][:2] == ("GET", "/ping/abc")
    ear.status = 500
    assert not ping(ear.address)

"""Mails to people, each in the reader's own language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation


def send_mail(*, to: str, template: str, context: Mapping[str, Any], language: str) -> None:
    """Send `<template>.txt`, whose first line is the subject.

    Raises OSError or smtplib.SMTPException when the server does not take it: the caller keeps what was to be
    said and tries again.
    """
    subject, body = written(template=template, context=context, language=language)
    send_written(to=to, subject=subject, body=body)


def written(*, template: str, context: Mapping[str, Any], language: str) -> tuple[str, str]:
    """Return the subject and the body of `<template>.txt` in a language."""
    with translation.override(language):
        text = render_to_string(f"{template}.txt", dict(context))
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip() + "\n"


def send_written(*, to: str, subject: str, body: str, headers: dict[str, str] | None = None) -> None:
    """Send what was written before; raises as `send_mail` does."""
    EmailMessage(subject=subject, body=body, to=[to], headers=headers or {}).send()


def public_address(path: str) -> str:
    """Return the address by which people reach a path of the portal from a mail."""
    return urljoin(settings.PUBLIC_URL + "/", path.lstrip("/"))

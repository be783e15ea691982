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
    with translation.override(language):
        subject, _, body = render_to_string(f"{template}.txt", dict(context)).strip().partition("\n")
    mail = EmailMessage(subject=subject.strip(), body=body.strip() + "\n", to=[to])
    mail.send()


def public_address(path: str) -> str:
    """Return the address by which people reach a path of the portal from a mail."""
    return urljoin(settings.PUBLIC_URL + "/", path.lstrip("/"))

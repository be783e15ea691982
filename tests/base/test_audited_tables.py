"""Every table is in the audit trail, or is named here with the reason why not."""

from __future__ import annotations

from django.apps import apps
from django.db import connection

from portal.base.audit.tables import audited_tables

OURS = ("base", "stores", "models_registry", "detections", "alerts")
WRITTEN_BY_THE_PORTAL = "the portal writes it, not people"
OWN_RECORD = "who did what and when stands in its own rows"
UNAUDITED: dict[str, str] = {}


def test_every_table_is_audited_or_says_why_not(db: None) -> None:
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS and not model._meta.proxy
    }
    assert tables - audited_tables(connection) == set(UNAUDITED)

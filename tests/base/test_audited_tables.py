"""Every table is in the audit trail, or is named here with the reason why not."""

from __future__ import annotations

from django.apps import apps
from django.db import connection

from portal.base.audit.tables import audited_tables

OURS = ("base", "stores", "models_registry", "detections", "alerts")
WRITTEN_BY_THE_PORTAL = "the portal writes it, not people"
OWN_RECORD = "who did what and when stands in its own rows"
UNUSED = "roles are memberships; Django's groups are not used"
FILTERS = "names for filters, without rights"
UNAUDITED: dict[str, str] = {
    "alerts_alert": WRITTEN_BY_THE_PORTAL,
    "alerts_delivery": WRITTEN_BY_THE_PORTAL,
    "alerts_scoreday": WRITTEN_BY_THE_PORTAL,
    "alerts_told": WRITTEN_BY_THE_PORTAL,
    "detections_detectedlabel": WRITTEN_BY_THE_PORTAL,
    "detections_detection": WRITTEN_BY_THE_PORTAL,
    "detections_hourtorecount": WRITTEN_BY_THE_PORTAL,
    "detections_keyaddress": WRITTEN_BY_THE_PORTAL,
    "detections_label": WRITTEN_BY_THE_PORTAL,
    "detections_secondlook": WRITTEN_BY_THE_PORTAL,
    "detections_storehour": WRITTEN_BY_THE_PORTAL,
    "detections_versioncomparison": WRITTEN_BY_THE_PORTAL,
    "models_registry_decision": WRITTEN_BY_THE_PORTAL,
    "models_registry_deploymentstate": WRITTEN_BY_THE_PORTAL,
    "models_registry_evaluation": WRITTEN_BY_THE_PORTAL,
    "models_registry_installation": WRITTEN_BY_THE_PORTAL,
    "models_registry_labelmetrics": WRITTEN_BY_THE_PORTAL,
    "models_registry_modelversion": WRITTEN_BY_THE_PORTAL,
    "models_registry_project": WRITTEN_BY_THE_PORTAL,
    "models_registry_ruleschange": WRITTEN_BY_THE_PORTAL,
    "models_registry_run": WRITTEN_BY_THE_PORTAL,
    "models_registry_runneed": WRITTEN_BY_THE_PORTAL,
    "models_registry_runshare": WRITTEN_BY_THE_PORTAL,
    "models_registry_runweight": WRITTEN_BY_THE_PORTAL,
    "models_registry_safetystop": WRITTEN_BY_THE_PORTAL,
    "models_registry_service": WRITTEN_BY_THE_PORTAL,
    "models_registry_spendcause": WRITTEN_BY_THE_PORTAL,
    "models_registry_storespend": WRITTEN_BY_THE_PORTAL,
    "models_registry_tickheartbeat": WRITTEN_BY_THE_PORTAL,
    "models_registry_trouble": WRITTEN_BY_THE_PORTAL,
    "stores_holidayask": WRITTEN_BY_THE_PORTAL,
    "stores_holidayedition": WRITTEN_BY_THE_PORTAL,
    "alerts_alertnote": OWN_RECORD,
    "base_auditentry": OWN_RECORD,
    "models_registry_storeedit": OWN_RECORD,
    "detections_closequestion": OWN_RECORD,
    "detections_annotation": OWN_RECORD,
    "detections_batch": OWN_RECORD,
    "detections_broughtpicture": OWN_RECORD,
    "detections_bulkact": OWN_RECORD,
    "detections_correction": OWN_RECORD,
    "detections_export": OWN_RECORD,
    "detections_labelledimport": OWN_RECORD,
    "detections_review": OWN_RECORD,
    "detections_reviewassignment": OWN_RECORD,
    "detections_secondopinion": OWN_RECORD,
    "detections_trainingentry": OWN_RECORD,
    "detections_trainingset": OWN_RECORD,
    "models_registry_trial": OWN_RECORD,
    "stores_daychange": OWN_RECORD,
    "base_user_groups": UNUSED,
    "base_user_user_permissions": UNUSED,
    "detections_savedview": FILTERS,
}


def test_every_table_is_audited_or_says_why_not(db: None) -> None:
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS and not model._meta.proxy
    }
    assert tables - audited_tables(connection) == set(UNAUDITED)

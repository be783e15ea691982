"""Addresses."""

from django.urls import path

from models_registry.views import (
    budgets,
    changes,
    deployments,
    ledger,
    reconciliation,
    spend,
    statements,
    versions,
)

urlpatterns = [
    path("deployments/", deployments.deployments, name="deployments"),
    path("deployments/new/", deployments.deployment_new, name="deployment-new"),
    path("deployments/<int:pk>/", deployments.deployment, name="deployment"),
    path("deployments/<int:pk>/edit/", deployments.deployment_edit, name="deployment-edit"),
    path("deployments/<int:pk>/delete/", deployments.deployment_delete, name="deployment-delete"),
    path("deployments/<int:pk>/stores/add/", deployments.deployment_stores_add, name="deployment-stores-add"),
    path(
        "deployments/<int:pk>/stores/remove/",
        deployments.deployment_stores_remove,
        name="deployment-stores-remove",
    ),
    path("deployments/<int:pk>/overrides/", deployments.deployment_override, name="deployment-override"),
    path(
        "deployments/<int:pk>/overrides/<int:override>/cancel/",
        deployments.deployment_override_cancel,
        name="deployment-override-cancel",
    ),
    path("deployments/<int:pk>/changes/", changes.deployment_changes, name="deployment-changes"),
    path("promotions/<int:pk>/<str:act>/", changes.promotion_act, name="promotion-act"),
    path("versions/", versions.versions, name="versions"),
    path("versions/<int:pk>/", versions.version, name="version"),
    path("connections/<int:pk>/sync/", versions.connection_sync, name="connection-sync"),
    path("connections/<int:pk>/reconcile/", reconciliation.connection_reconcile, name="connection-reconcile"),
    path("runs/<int:pk>/stop/", versions.orphan_stop, name="orphan-stop"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("ledger/runs.csv", ledger.ledger_csv, name="ledger-csv"),
    path("spend/", spend.spend, name="spend"),
    path("spend/spend.csv", spend.spend_csv, name="spend-csv"),
    path("stores/<str:code>/statements/", statements.statements, name="statements"),
    path("stores/<str:code>/statement.pdf", statements.statement_as_pdf, name="statement-pdf"),
    path("stores/<str:code>/statement.csv", statements.statement_as_csv, name="statement-csv"),
    path("spend/statements.zip", statements.statements_zip, name="statements-zip"),
    path("budgets/", budgets.budgets, name="budgets"),
    path("budgets/set/", budgets.budget_set, name="budget-set"),
    path("budgets/<int:pk>/remove/", budgets.budget_remove, name="budget-remove"),
    path(
        "override-requests/<int:pk>/<str:act>/",
        budgets.override_request_answer,
        name="override-request-answer",
    ),
]

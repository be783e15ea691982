"""Addresses."""

from django.urls import path

from models_registry.views import (
    allocation,
    budgets,
    changes,
    deployments,
    ledger,
    rates,
    reconciliation,
    spend,
    spend_csv,
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
    path("spend/spend.csv", spend_csv.spend_csv, name="spend-csv"),
    path("spend/areas.csv", spend_csv.spend_areas_csv, name="spend-areas-csv"),
    path("spend/areas/<int:pk>/", spend.spend_area, name="spend-area"),
    path("spend/areas/<int:pk>/stores.csv", spend_csv.spend_area_csv, name="spend-area-csv"),
    path("spend/stores/<str:code>/", spend.spend_store, name="spend-store"),
    path("spend/stores/<str:code>/deployments.csv", spend_csv.spend_store_csv, name="spend-store-csv"),
    path("spend/stores/<str:code>/<int:deployment>/", spend.spend_deployment, name="spend-deployment"),
    path(
        "spend/stores/<str:code>/<int:deployment>/runs.csv", spend_csv.spend_runs_csv, name="spend-runs-csv"
    ),
    path("spend/rates/", rates.rates, name="spend-rates"),
    path("spend/rates/import/", rates.rates_import, name="spend-rates-import"),
    path("spend/rates/<int:pk>/remove/", rates.rate_remove, name="spend-rate-remove"),
    path("spend/currency/", rates.currency_choose, name="spend-currency"),
    path("deployments/<int:pk>/allocation/", allocation.allocation, name="deployment-allocation"),
    path(
        "deployments/<int:pk>/allocation/<int:rule>/remove/",
        allocation.allocation_remove,
        name="deployment-allocation-remove",
    ),
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

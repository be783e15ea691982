"""Addresses of photos, their health, thresholds and keys, of the till, and of the API."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from detections.api.site import api, no_such_address
from detections.views import (
    batches,
    brought,
    comparison,
    corrections,
    evaluation,
    evaluation_cases,
    exports,
    gallery,
    health,
    history,
    keeping,
    keys,
    labelled,
    pictures,
    reviews,
    saved_views,
    searching,
    set_files,
    thresholds,
    till,
    training,
    usage,
)


class Anything(StringConverter):
    """Whatever is left of an address, line breaks too."""

    regex = r"[\s\S]+"


register_converter(Anything, "anything")
KEYS = "stores/<str:code>/keys/"
SETS = "deployments/<int:pk>/thresholds/"
urlpatterns = [
    path("api/v1/", api.urls),
    path("api/v1/<anything:rest>", no_such_address, name="api-nowhere"),
    path("detections/", history.detections, name="detections"),
    path("detections/count", history.detections_count, name="detections-count"),
    path("detections/<int:pk>/", history.detection, name="detection"),
    path("detections/<int:pk>/picture", pictures.picture, name="detection-picture"),
    path("detections/<int:pk>/boxes/<int:box>.jpg", pictures.crop, name="detection-crop"),
    path("detections/<int:pk>/flag/", pictures.flag_photo, name="detection-flag"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/act/", gallery.act, name="gallery-act"),
    path("gallery/acts/<int:pk>/undo/", gallery.undo_act, name="gallery-undo"),
    path("review/", reviews.review_page, name="review"),
    path("review/mine/", corrections.mine, name="review-mine"),
    path("review/sheets", reviews.review_sheets, name="review-sheets"),
    path("review/<int:pk>/", reviews.decide, name="review-decide"),
    path("review/<int:pk>/second/", reviews.second, name="review-second"),
    path("versions/<int:pk>/reviewed/", evaluation.reviewed, name="version-reviewed"),
    path("versions/<int:pk>/compare/", comparison.comparison, name="version-compare"),
    path("versions/<int:pk>/compare/again/", comparison.compare, name="version-compare-again"),
    path(
        "versions/<int:pk>/compare/pictures/<int:place>/",
        comparison.comparison_picture,
        name="version-compare-picture",
    ),
    path("versions/<int:pk>/trials/<int:deployment>/", comparison.trial_start, name="trial-start"),
    path("trials/<int:pk>/cancel/", comparison.trial_cancel, name="trial-cancel"),
    path("versions/<int:pk>/promote/<int:deployment>/", comparison.version_promote, name="version-promote"),
    path("versions/<int:pk>/reviewed/cases/", evaluation_cases.cases, name="version-cases"),
    path(
        "versions/<int:pk>/reviewed/pictures/<int:number>.jpg",
        evaluation_cases.picture,
        name="version-picture",
    ),
    path("training/", training.training, name="training"),
    path("training/<int:pk>/", training.training_project, name="training-project"),
    path("training/<int:pk>/submit/", training.training_submit, name="training-submit"),
    path("training/<int:pk>/take-over/", training.training_take_over, name="training-take-over"),
    path("training/sets/<int:pk>/", training.training_set, name="training-set"),
    path("training/sets/<int:pk>/<str:act>/", training.training_act, name="training-act"),
    path("training/sets/<int:pk>/<str:side>.<str:form>", set_files.set_file, name="training-set-file"),
    path("training/<int:pk>/draft/<str:side>.<str:form>", set_files.draft_file, name="training-draft-file"),
    path("training/<int:pk>/import/", labelled.training_import, name="training-import"),
    path("training/imports/<int:pk>/", labelled.training_import_report, name="training-import-report"),
    path("training/imports/<int:pk>/<str:act>/", labelled.training_import_act, name="training-import-act"),
    path("training/<int:pk>/pictures/", brought.brought_pictures, name="training-pictures"),
    path("training/<int:pk>/pictures/act/", brought.brought_act, name="training-pictures-act"),
    path("training/<int:pk>/search/", searching.search, name="training-search"),
    path("training/<int:pk>/search/done/", searching.searched, name="training-searched"),
    path("training/pictures/<int:pk>.jpg", brought.brought_picture, name="training-picture"),
    path("exports/", exports.exports, name="exports"),
    path("exports/new/", exports.export_new, name="export-new"),
    path("exports/<int:pk>/file", exports.export_file, name="export-file"),
    path("exports/<int:pk>/<str:act>/", exports.export_act, name="export-act"),
    path("views/save/", saved_views.save, name="saved-view-save"),
    path("views/<int:pk>/remove/", saved_views.remove, name="saved-view-remove"),
    path("till/worker.js", till.till_worker, name="till-worker"),
    path("till/<str:code>/", till.till, name="till"),
    path("till/<str:code>/pass", till.till_pass, name="till-pass"),
    path("health/", health.health, name="health"),
    path("stores/<str:code>/usage/", usage.usage, name="store-usage"),
    path("stores/<str:code>/usage/apply/", usage.usage_apply, name="store-usage-apply"),
    path("health/<str:code>/", health.store_health, name="health-store"),
    path("batches/", batches.batches, name="batches"),
    path("deployments/<int:pk>/batches/new/", batches.batch_new, name="batch-new"),
    path("batches/<int:pk>/", batches.batch, name="batch"),
    path("batches/<int:pk>/<str:act>/", batches.batch_act, name="batch-act"),
    path("batches/<int:pk>/results.csv", batches.batch_results, {"kind": "csv"}, name="batch-csv"),
    path("batches/<int:pk>/results.jsonl", batches.batch_results, {"kind": "jsonl"}, name="batch-jsonl"),
    path("deployments/<int:pk>/photos/", keeping.keeping, name="deployment-photos"),
    path(SETS, thresholds.thresholds, name="thresholds"),
    path(f"{SETS}simulated/", thresholds.publish_simulated, name="thresholds-simulated"),
    path(f"{SETS}<int:number>/roll-back/", thresholds.roll_back, name="thresholds-roll-back"),
    path(KEYS, keys.keys, name="store-keys"),
    path(f"{KEYS}<int:pk>/rotate/", keys.rotate, name="store-key-rotate"),
    path(f"{KEYS}<int:pk>/revoke/", keys.revoke, name="store-key-revoke"),
]

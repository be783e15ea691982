"""Labelled pictures handed in through a page: a dry run first, then somebody's yes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import BinaryIO, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from detections.domain.ports import PictureMissing
from detections.domain.training.amounts import check_amount
from detections.domain.training.layout import MANIFESTS, Offer, offers
from detections.domain.training.pictures import Split
from detections.forms.labelled import LabelledForm
from detections.gateways.labelled_trees import OneText, ZipTree, text_in
from detections.gateways.pixels import read_hashed
from detections.models import LabelledImport
from detections.selectors.brought import import_by_id
from detections.services.handing_in import Handed, hand_in, let_go
from detections.services.labelled_import import Report, Tools, Wish, import_labelled
from detections.views.training import project_to_teach
from detections.wiring import PICTURES
from models_registry.models import Project
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, require
from stores.domain.sentences import Refusal
from stores.services.wording import in_words

MOST_LABELS = 40
AUTO = "auto"


@page
def training_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file for a dry run."""
    project = project_to_teach(request, pk)
    form = LabelledForm(request.POST or None, request.FILES or None)
    if form.is_valid() and (made := _handed_in(request, project, form)):
        return redirect("training-import-report", pk=made.pk)
    context = {"title": gettext("Bring labelled pictures"), "project": project, "form": form}
    return show(request, "detections/training_import.html", context)


def _handed_in(request: HttpRequest, project: Project, form: LabelledForm) -> LabelledImport | None:
    """Keep the file and what its import would do; a refusal is said in the form."""
    file, split = form.cleaned_data["file"], form.cleaned_data["split"]
    try:
        report = _imported(project, file, file.name, split, is_dry=True)
    except Refusal as refused:
        form.add_error("file", in_words(refused))
        return None
    key = f"imports/{uuid.uuid4().hex}"
    file.seek(0)
    PICTURES.save_file(key, file)
    handed = Handed(file.name, key, split, report)
    return hand_in(project=project, author=cast(User, request.user), handed=handed, at=clock.now())


def _imported(project: Project, file: BinaryIO, name: str, split: str, *, is_dry: bool) -> Report:
    """Read a file and take it, or see what that would do. Raises Refusals."""
    tree = _tree(file, name)
    offered: list[Offer] = offers(tree.names(), lambda each: text_in(tree.read(each)))
    check_amount(offered)
    side = Split(split) if split in set(Split) else None
    return import_labelled(
        project=project, wish=Wish(offered, name, side, is_auto=split == AUTO),
        tools=Tools(tree.read, read_hashed, PICTURES), at=None if is_dry else clock.now(),
        watch=lambda count: None,
    )  # fmt: skip


def _tree(file: BinaryIO, name: str) -> ZipTree | OneText:
    file.seek(0)
    if file.read(2) == b"PK":
        file.seek(0)
        return ZipTree(file)
    file.seek(0)
    is_known = name.lower().endswith((".json", *MANIFESTS))
    return OneText(name if is_known else f"{name}{MANIFESTS[0]}", file.read())


@page
def training_import_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a file would bring, to be confirmed."""
    row = _row(request, pk)
    labels = sorted(row.report["labels"].items(), key=lambda each: (-each[1], each[0]))
    context = {
        "title": gettext("Bring labelled pictures"), "row": row, "report": row.report,
        "labels": labels[:MOST_LABELS], "more_labels": labels[MOST_LABELS:],
        "has_changes": bool(row.report["new"] or row.report["changed"]),
        "untold": row.report["refused"] - len(row.report["problems"]),
        "by_scenes": row.report["sides"].get("", 0),
    }  # fmt: skip
    return show(request, "detections/training_import_report.html", context)


@page
@require_POST
def training_import_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Take what the dry run showed, or let it go."""
    row = _row(request, pk)
    acts: dict[str, Callable[[], str]] = {
        "take": lambda: _taken(row),
        "drop": lambda: gettext("Nothing was taken."),
    }
    if act not in acts:
        raise NotFound(gettext("There is no such address."))
    try:
        messages.success(request, acts[act]())
    except PictureMissing:
        messages.error(request, gettext("The file was handed in too long ago. Hand it in once more."))
    let_go(row=row, pictures=PICTURES)
    return redirect("training-pictures" if act == "take" else "training-project", pk=row.project_id)


def _taken(row: LabelledImport) -> str:
    with PICTURES.open_file(row.source_key) as file:
        report = _imported(row.project, file, row.name, row.split, is_dry=False)
    said = ngettext(
        "%(count)d picture came in, %(changed)d changed.",
        "%(count)d pictures came in, %(changed)d changed.",
        report.new,
    )
    return said % {"count": report.new, "changed": report.changed}


def _row(request: HttpRequest, pk: int) -> LabelledImport:
    require(request.user, May.REVIEW)
    found = import_by_id(pk)
    if found is None:
        raise NotFound(gettext("There is no such file; it was taken or let go."))
    return found

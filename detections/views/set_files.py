"""One side of a training set, or of a draft, as one file: a manifest or a COCO document."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from detections.domain.training.formats import Form, one_file
from detections.domain.training.pictures import Split
from detections.selectors.drafts import content_of
from detections.selectors.set_entries import manifest_of_set, submitted
from detections.views.training import project_to_teach, set_to_show
from portal.base.errors import NotFound
from portal.base.site import page


@page
def set_file(request: HttpRequest, pk: int, side: str, form: str) -> HttpResponse:
    """Send one side of a submitted set, exactly as AWS got it."""
    row = set_to_show(request, pk)
    split, wanted = _asked(side, form)
    is_manifest = wanted is Form.MANIFEST
    text = manifest_of_set(row, split) if is_manifest else one_file(wanted, submitted(row), split)
    return _sent(text, wanted, f"{row.project.name}-{row.number}-{side}.{form}")


@page
def draft_file(request: HttpRequest, pk: int, side: str, form: str) -> HttpResponse:
    """Send one side of the draft."""
    project = project_to_teach(request, pk)
    split, wanted = _asked(side, form)
    entries = [each for each in content_of(project).entries if each.picture.marked]
    return _sent(one_file(wanted, entries, split), wanted, f"{project.name}-draft-{side}.{form}")


def _asked(side: str, form: str) -> tuple[Split, Form]:
    """Read an address. Raises NotFound."""
    forms = {"manifest": Form.MANIFEST, "json": Form.COCO}
    if form not in forms or side.upper() not in set(Split):
        raise NotFound(gettext("There is no such address."))
    return Split(side.upper()), forms[form]


def _sent(text: str, form: Form, name: str) -> HttpResponse:
    kind = "application/jsonl" if form is Form.MANIFEST else "application/json"
    plain = re.sub(r"[^A-Za-z0-9.]+", "-", name)
    headers = {"Content-Disposition": f'attachment; filename="{plain}"'}
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers=headers)

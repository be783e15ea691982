"""Pictures handed in by the hundred: a zip, or many files that become one."""

from __future__ import annotations

import tempfile
import zipfile
from typing import Any, BinaryIO, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from models_registry.models import Deployment
from stores.models import Store


class ManyFiles(forms.ClearableFileInput):
    """A field of files that takes more than one."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Every file that was chosen, as a list."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        found = [super(ManyFilesField, self).clean(each, initial) for each in files]
        return [each for each in found if each]


class BatchForm(forms.Form):
    """What is handed in for a deployment; the photos are filed under one of its stores."""

    pictures = ManyFilesField(
        label=_("Pictures, or one zip of them"),
        help_text=_("JPEG or PNG. Up to 100 files at once; more in a zip."), required=False,
    )  # fmt: skip
    s3_prefix = forms.RegexField(
        r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/\S{0,900}$", label=_("Or an address in S3"), required=False,
        help_text=_("All pictures whose address begins so: s3://my-bucket/trays/2026-11/"),
        error_messages={"invalid": _("Write it as s3://bucket/beginning.")},
        widget=forms.TextInput(attrs={"class": "rg-input", "placeholder": "s3://…", "inputmode": "url"}),
    )  # fmt: skip
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"class": "rg-input"})
    )
    store = forms.ModelChoiceField(
        Store.objects.none(), label=_("Filed under"), empty_label=None,
        help_text=_("Whoever sees this store sees these photos."),
    )  # fmt: skip
    starts_model = forms.BooleanField(
        label=_("Start the model if it is off, and stop it afterwards"), required=False
    )

    def __init__(self, *args: Any, deployment: Deployment) -> None:
        super().__init__(*args)
        field: Any = self.fields["store"]
        field.queryset = Store.objects.filter(assignment__deployment=deployment).order_by("code")
        field.widget.attrs["class"] = "rg-input"

    def clean(self) -> dict[str, Any]:
        """Hold that there is one source and no more."""
        said = super().clean() or {}
        if not self.errors and bool(said.get("pictures")) == bool(said.get("s3_prefix")):
            self.add_error("pictures", _("Choose pictures, or name an address in S3: one of the two."))
        return said

    def as_zip(self) -> BinaryIO:
        """Return the zip that was handed in, or one made of the files; to be closed."""
        files: list[Any] = self.cleaned_data["pictures"]
        if len(files) == 1 and zipfile.is_zipfile(cast(BinaryIO, files[0])):
            files[0].seek(0)
            return cast(BinaryIO, files[0])
        made = tempfile.TemporaryFile()  # noqa: SIM115  closed by whoever asked for it
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
            for number, file in enumerate(files):
                with archive.open(f"{number:03}-{file.name}", "w") as entry:
                    for piece in file.chunks():
                        entry.write(piece)
        made.seek(0)
        return cast(BinaryIO, made)

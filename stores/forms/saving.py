"""A service's refusal becomes an error of the form."""

from __future__ import annotations

from collections.abc import Callable

from django.forms import BaseForm

from portal.base.errors import InvalidInput
from stores.services.wording import in_words


def is_saved(form: BaseForm, save: Callable[[], object]) -> bool:
    """Call `save` and tell whether it went through; a refusal is put on top of the form."""
    try:
        save()
    except InvalidInput as error:
        form.add_error(None, in_words(error))
        return False
    return True

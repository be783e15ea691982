"""Refusals that can be said in any language: an English template and what goes into it.

The domain knows no gettext. `stores.services.wording.in_words` looks the template up in the catalogue of
the person who reads it; without one, `message` is the English sentence.
"""

from __future__ import annotations

from portal.base.errors import InvalidInput


class Word(str):
    """A parameter that is itself translated, such as the name of a weekday."""

    __slots__ = ()


class Refusal(InvalidInput):
    """An InvalidInput whose `template` (a `%(name)s` sentence) and `params` are kept for translation."""

    def __init__(self, template: str, **params: object) -> None:
        super().__init__(template % params)
        self.template = template
        self.params = params

"""Asked before the model is stopped while trays are still coming; no answer, and the plan holds."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from stores.domain.sentences import Refusal

ASK_AHEAD = timedelta(minutes=30)
LOOK_BACK = timedelta(minutes=15)
LONGER = timedelta(hours=1)
QUIET = timedelta(hours=6)
"""A store that said it closes as planned, or nothing, is not asked again so soon."""


class Answer(StrEnum):
    """What an owner may say to it."""

    LATER = "LATER"
    AS_PLANNED = "AS_PLANNED"
    ALWAYS = "ALWAYS"


class How(StrEnum):
    """By which way the answer came."""

    PAGE = "PAGE"
    MAIL = "MAIL"


class CannotAnswer(Refusal):
    """Too late, answered already, or not to be answered so."""

    code = "cannot_answer"

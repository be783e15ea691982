"""What the review page's script says."""

from __future__ import annotations

from django.utils.translation import gettext


def review_words() -> dict[str, str]:
    """Return what the page's script says, in the reader's language."""
    return {
        "saved": gettext("saved"),
        "saving": gettext("{count} decisions not saved yet"),
        "offline": gettext("The portal does not answer. Decisions are kept here and sent again."),
        "signIn": gettext("You are signed out. Sign in in another tab; nothing is lost."),
        "refused": gettext("Photo {photo} was not saved: {message}"),
        "done": gettext("Nothing is left to review here."),
        "hidden": gettext("Boxes are hidden. Let go of H to edit."),
        "noBox": gettext("Choose a box first."),
        "unseen": gettext("The picture is still on its way. Nobody judges what they have not seen."),
        "newBread": gettext("+ a new bread: “{name}”"),
        "noLabel": gettext("Choose a bread for the new box first."),
        "register": gettext("register"), "model": gettext("model"), "analyst": gettext("analyst"),
        "nothing": gettext("nothing"), "notSaid": gettext("said nothing"),
        "audit": gettext("random sample"), "undone": gettext("Undone."), "redone": gettext("Done again."),
        "nothingToUndo": gettext("There is nothing to undo."),
        "decided": gettext("Reviewed: {said}"), "retry": gettext("Look at it again"),
        "risk0": gettext("corrected by the register"), "risk1": gettext("two breads on one place"),
        "risk2": gettext("near a threshold"), "risk3": gettext("not on sale in that store"),
        "risk5": gettext("nothing seen"),
        "first": gettext("first opinion"), "second": gettext("second opinion"),
        "take": gettext("Take this answer"),
        "of": gettext("{n} reviewed"),
    }  # fmt: skip

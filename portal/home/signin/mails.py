"""The mails about sign-in, each in its reader's language."""

from __future__ import annotations

from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils import translation

from portal.base.mail import public_address, send_mail
from portal.base.models import User
from portal.home.signin.words import NOTICE_SENTENCES, browser_sentence


def send_password_reset(*, address: str) -> int:
    """Send everybody active with this address a link that sets a new password; return how many there are."""
    people = list(User.objects.filter(email=address, is_active=True).order_by("id"))
    for person in people:
        key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
        link = public_address(reverse("account_reset_password_from_key", kwargs=key))
        _send(person, "password_reset", {"link": link})
    return len(people)


def send_notice(*, user: User, what: str, address: str, user_agent: str) -> None:
    """Tell a person that how they sign in has changed, and from where."""
    with translation.override(user.language):
        said = {
            "what": str(NOTICE_SENTENCES[what]),
            "browser": browser_sentence(user_agent),
            "address": address,
        }
    link = public_address(reverse("account_reset_password"))
    _send(user, "sign_in_changed", said | {"link": link})


def _send(person: User, name: str, said: dict[str, str]) -> None:
    context = {"person": person, **said}
    send_mail(to=person.email, template=f"signin/mail/{name}", context=context, language=person.language)

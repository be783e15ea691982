"""allauth's pages inside our chrome: each only says its title, its template and where it leads."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.views import (
    AccountInactiveView,
    LoginView,
    LogoutView,
    PasswordChangeView,
    PasswordResetDoneView,
    PasswordResetFromKeyView,
    PasswordResetView,
    PasswordSetView,
    ReauthenticateView,
)
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeAgainView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from portal.base.models import User
from portal.base.site import site
from portal.home.signin.adapters import SecondFactorAdapter, relying_party
from portal.home.signin.second_factor import may_remove


class InChrome:
    """A class-based page inside the site's chrome."""

    request: HttpRequest
    title: Any = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = super().get_context_data(**kwargs)  # type: ignore[misc]
        # The chrome takes an `object` for one of an admin list and links back to that list.
        own["key"] = own.pop("object", None)
        return {
            **site.each_context(self.request),
            "title": self.title,
            "passkeys": passkeys(self.request),
            **own,
        }


def passkeys(request: HttpRequest) -> dict[str, Any]:
    """Tell whether passkeys work at the address the browser is at, and where they do."""
    host = request.get_host().rpartition(":")[0] if ":" in request.get_host() else request.get_host()
    is_here = host == relying_party() and (request.is_secure() or host == "localhost")
    return {"is_here": is_here, "home": settings.PUBLIC_URL}


class SignIn(InChrome, LoginView):
    template_name = "signin/sign_in.html"
    title = _("Sign in")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sso = {"sso": settings.OIDC_NAME if settings.OIDC_ISSUER else ""}
        return super().get_context_data(**kwargs) | sso


class SecondStep(InChrome, AuthenticateView):
    template_name = "signin/second_step.html"
    title = _("Second factor")


class Closed(InChrome, AccountInactiveView):
    template_name = "signin/closed.html"
    title = _("Your sign-in is switched off")


class SignOut(LogoutView):
    """By a button only."""

    http_method_names = ("post", "options")


class AskReset(InChrome, PasswordResetView):
    template_name = "signin/reset.html"
    title = _("Forgotten password")


class ResetSent(InChrome, PasswordResetDoneView):
    template_name = "signin/reset_sent.html"
    title = _("Look into your mail")


class NewPassword(InChrome, PasswordResetFromKeyView):
    template_name = "signin/new_password.html"
    title = _("New password")
    success_url = reverse_lazy("login")


class ChangePassword(InChrome, PasswordChangeView):
    template_name = "signin/account/password.html"
    title = _("Change password")


class SetPassword(InChrome, PasswordSetView):
    template_name = "signin/account/password.html"
    title = _("Set a password")


class ConfirmByPassword(InChrome, ReauthenticateView):
    template_name = "signin/account/confirm.html"
    title = _("Is it you?")


class ConfirmByCode(InChrome, CodeAgainView):
    template_name = "signin/account/confirm.html"
    title = _("Is it you?")


class ConfirmByPasskey(InChrome, ReauthenticateWebAuthnView):
    template_name = "signin/account/confirm_passkey.html"
    title = _("Is it you?")


class AddApp(InChrome, ActivateTOTPView):
    template_name = "signin/account/app.html"
    title = _("Set up an authenticator app")

    def get_success_url(self) -> str:
        return _after_adding(self)


class RemoveApp(InChrome, DeactivateTOTPView):
    template_name = "signin/account/app_remove.html"
    title = _("Remove the authenticator app")
    success_url = reverse_lazy("account")


class Codes(InChrome, ViewRecoveryCodesView):
    template_name = "signin/account/codes.html"
    title = _("Recovery codes")


class NewCodes(InChrome, GenerateRecoveryCodesView):
    template_name = "signin/account/codes_new.html"
    title = _("New recovery codes")


class AddPasskey(InChrome, AddWebAuthnView):
    template_name = "signin/account/passkey.html"
    title = _("Add a passkey")

    def get_success_url(self) -> str:
        return _after_adding(self)


class RenamePasskey(InChrome, EditWebAuthnView):
    template_name = "signin/account/passkey_rename.html"
    title = _("Rename the passkey")
    success_url = reverse_lazy("account")


class RemovePasskey(InChrome, RemoveWebAuthnView):
    template_name = "signin/account/passkey_remove.html"
    title = _("Remove the passkey")
    success_url = reverse_lazy("account")

    def form_valid(self, form: Any) -> HttpResponse:
        if may_remove(cast(User, self.request.user), self.get_object().pk):
            return super().form_valid(form)
        messages.error(self.request, str(SecondFactorAdapter.error_messages["cannot_delete_authenticator"]))
        return redirect("account")


def _after_adding(view: Any) -> str:
    """Show the recovery codes if they are new, else go back."""
    return reverse("mfa_view_recovery_codes" if view.did_generate_recovery_codes else "account")

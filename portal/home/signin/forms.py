"""What is asked at the door."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from allauth.account.forms import ReauthenticateForm as AskPasswordForm
from allauth.core import context as current
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.base import clock, lockout
from portal.base.models import User
from portal.home import tasks
from portal.home.signin.words import wait_for_code_sentence

LABELS = {
    "oldpassword": _("Current password"),
    "password": _("Password"),
    "password1": _("New password"),
    "password2": _("New password again"),
}


class SignInForm(LoginForm):
    """Name or mail address, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.label = _("User name or mail address"), _("Password")
        login.widget.attrs = {"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        password.widget.attrs.pop("placeholder", None)

    def add_prefix(self, field_name: str) -> str:
        """Keep the name that password managers and scripts know this field by."""
        return super().add_prefix("username" if field_name == "login" else field_name)


class _OurLabels(forms.Form):
    """Name the fields of passwords in our words, without hints inside them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS[name]
            field.widget.attrs.pop("placeholder", None)


class ChangeForm(_OurLabels, ChangePasswordForm):
    """The current password, and the new one twice."""


class FirstPasswordForm(_OurLabels, SetPasswordForm):
    """The password of somebody who came in another way so far."""


class NewPasswordForm(_OurLabels, ResetPasswordKeyForm):
    """A new password in place of a forgotten one."""


class PasswordAgainForm(_OurLabels, AskPasswordForm):
    """The password once more, before something that changes how one signs in."""


class ResetForm(ResetPasswordForm):
    """A mail address; whether it is known here shows neither in the answer nor in how long it takes."""

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"]
        return address

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Have the worker look for people with this address and write to them."""
        address: str = self.cleaned_data["email"]
        tasks.later(tasks.mail_password_reset, address)
        return address


class _WaitingCode:
    """Say how long a code has to wait after too many wrong ones."""

    user: User
    clean_code_of: Any

    def clean_code(self) -> str:
        wait = lockout.wait_for(current.request, key=lockout.key_of_codes(self.user), at=clock.now())
        if wait:
            raise ValidationError(wait_for_code_sentence(wait), code="too_many_login_attempts")
        code: str = super().clean_code()  # type: ignore[misc]
        return code


class CodeForm(_WaitingCode, AuthenticateForm):
    """A code of the app, or one of the recovery codes, after the password."""


class CodeAgainForm(_WaitingCode, ReauthenticateForm):
    """The same, before something that changes how one signs in."""


class FirstCodeForm(_WaitingCode, ActivateTOTPForm):
    """The first code of an app that is being set up."""


class MyselfForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's is not generic at run time
    """What people change about themselves; the mail address is headquarters' to change."""

    class Meta:
        model = User
        fields = ("last_name", "first_name", "language")

"""Forms of people: a role with its scope, an invitation, an account."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.base.models import User
from stores.models import Area, Role, Store
from stores.selectors.people import Giving, PeopleFilter
from stores.services.invitations import Guest, NewAccount


class PeopleForm(forms.Form):
    """Filters of the list of people; what is not understood is left out."""

    q = forms.CharField(label=_("Search"), required=False, max_length=80)
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("any")), *Role.choices])
    status = forms.ChoiceField(
        label=_("Sign-in"),
        required=False,
        choices=[("", _("active")), ("off", _("deactivated")), ("all", _("all"))],
    )

    @property
    def chosen(self) -> PeopleFilter:
        """The filters that were understood."""
        self.is_valid()
        said = self.cleaned_data
        is_active = {"off": False, "all": None}.get(said.get("status", ""), True)
        return PeopleFilter(said.get("q", "").strip(), said.get("role", ""), is_active)


class RoleForm(forms.Form):
    """A role and its scope, among what the person who fills it in may give."""

    role = forms.ChoiceField(label=_("Role"))
    area = forms.ModelChoiceField(
        Area.objects.none(), label=_("Area"), required=False, empty_label=_("none chosen")
    )
    store = forms.CharField(label=_("Store"), required=False, max_length=32)

    def __init__(self, *args: Any, giving: Giving, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._giving = giving
        role = cast(forms.ChoiceField, self.fields["role"])
        role.choices = [(role.value, role.label) for role in giving.roles]
        self.initial.setdefault("role", Role.OWNER)  # never the highest by a slip of the hand
        area = cast("forms.ModelChoiceField[Area]", self.fields["area"])
        area.queryset = giving.areas.order_by("name")
        self.fields["store"].widget.attrs |= {"list": "stores-to-choose", "autocomplete": "off"}
        self.fields["store"].help_text = _("The store’s code. Without area and store: the whole franchise.")

    def clean_store(self) -> Store | None:
        if not (code := self.cleaned_data["store"].strip()):
            return None
        found = self._giving.stores.filter(code=code).first()
        if found is None:
            raise ValidationError(_("There is no store with this code."))
        return found

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and not self._giving.may(said["role"], said["area"], said["store"]):
            raise ValidationError(_("You may give this role only for your own area and its stores."))
        return said

    @property
    def scope(self) -> dict[str, Any]:
        """The role, area and store chosen."""
        return {name: self.cleaned_data[name] for name in ("role", "area", "store")}


class InviteForm(RoleForm):
    """Somebody's address, and what they are to be."""

    email = forms.EmailField(label=_("Mail address"), max_length=254)
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES)
    field_order = ("email", "language", "role", "area", "store")

    @property
    def guest(self) -> Guest:
        """Who is invited to what."""
        said = self.cleaned_data
        return Guest(said["email"].lower(), said["language"], said["role"], said["area"], said["store"])


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """The account that the invited make for themselves."""

    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )
    password2 = forms.CharField(
        label=_("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = User
        fields = ("last_name", "first_name", "username")
        labels = {"username": _("Name to sign in with")}  # noqa: RUF012  Django reads Meta once
        help_texts = {"username": _("Letters, digits and @ . + - _")}  # noqa: RUF012

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("password1") != said.get("password2"):
            self.add_error("password2", _("The two passwords differ."))
        elif said.get("password1"):
            try:
                validate_password(said["password1"], User(**{k: said.get(k, "") for k in self.Meta.fields}))
            except ValidationError as error:
                self.add_error("password1", error)
        return said

    @property
    def account(self) -> NewAccount:
        """What was chosen."""
        said = self.cleaned_data
        return NewAccount(said["username"], said["password1"], said["first_name"], said["last_name"])

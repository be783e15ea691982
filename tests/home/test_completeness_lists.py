"""Nothing is forgotten beyond the pages: admin lists and their actions, and every operation of the API."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, reverse

from detections.api.site import api
from detections.services.keys import make_key, revoke_key
from portal.base.models import User
from portal.base.site import site
from tests.home.conftest import Street
from tests.home.nine import NINE, nine_people
from tests.home.test_completeness import photo_in
from tests.models_registry.conftest import tokyo

# What headquarters gets for the list, an empty form, a row and the question before deleting it; 302 leads
# back from a row that is not there. Everybody else is sent to the sign-in: the lists are headquarters' own.
EDITED = (200, 200, 200, 200)
READ = (200, 403, 200, 403)
HIDDEN = (403, 403, 403, 403)
LISTS: dict[str, tuple[int, int, int, int]] = {
    "base.User": HIDDEN,  # the pages of people are for that; the raw accounts are for administrators
    "stores.Area": EDITED,
    "stores.Store": EDITED,
    "stores.SpecialDay": EDITED,
    "models_registry.Connection": (200, 200, 200, 403),  # one that holds projects is not deleted
    "models_registry.PriceRate": (200, 200, 200, 403),
    "models_registry.Project": READ,
    "models_registry.ModelVersion": READ,
    "models_registry.LabelMetrics": READ,
    "models_registry.Deployment": READ,
    "models_registry.Override": READ,
    "models_registry.Run": READ,
    "models_registry.Decision": READ,
    "models_registry.SafetyStop": READ,
    "models_registry.Trouble": READ,
    "models_registry.StoreSpend": READ,
    "detections.Product": EDITED,
}
ACTIONS: dict[str, set[str]] = {
    "stores.Area": {"delete_selected"},
    "stores.Store": {"delete_selected"},
    "models_registry.Connection": {"delete_selected", "try_safety_stop"},
    "detections.Product": {"delete_selected"},
}
# Addresses of the site itself and of lists' own buttons: what headquarters gets.
CHROME: dict[str, int] = {
    "index": 200,
    "login": 403,
    "logout": 405,
    "password_change": 302,
    "password_change_done": 200,
    "autocomplete": 403,  # without a field to look up
    "jsi18n": 200,
    "view_on_site": 404,
    "search": 200,
    "app_list": 404,
    "stores_store_open_import": 302,
    "stores_store_open_export": 302,
    "auth_user_password_change": 403,
    "models_registry_connection_try_permissions": 302,
}
OPEN_TO_ALL = {"login", "jsi18n"}
OF_A_LIST = re.compile(r"(?P<list>\w+)_(changelist|add|history|delete|change)")


def names_of_site(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= names_of_site(pattern.url_patterns)
        elif pattern.name:
            found.add(pattern.name)
    return found


def admin_of(label: str) -> ModelAdmin[Any]:
    return next(each for model, each in site._registry.items() if model._meta.label == label)


def pages_of(label: str) -> list[str]:
    model = admin_of(label).model
    first = model._default_manager.order_by("pk").values_list("pk", flat=True).first() or 0
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    return [
        reverse(f"{name}_changelist"), reverse(f"{name}_add"),
        reverse(f"{name}_change", args=[first]), reverse(f"{name}_delete", args=[first]),
    ]  # fmt: skip


def test_every_list_and_every_address_of_the_site_has_a_row() -> None:
    assert {model._meta.label for model in site._registry} == set(LISTS)
    lists = {f"{m._meta.app_label}_{m._meta.model_name}" for m in site._registry}
    names = names_of_site(site.get_urls())
    own = {name for name in names if not ((found := OF_A_LIST.fullmatch(name)) and found["list"] in lists)}
    assert own == set(CHROME)


def test_lists_open_for_headquarters_alone(street: Street) -> None:
    people, wrong = nine_people(street), {}
    for label, expected in LISTS.items():
        is_empty = not admin_of(label).model._default_manager.exists()
        for page, (address, code) in enumerate(zip(pages_of(label), expected, strict=True)):
            wanted = 302 if is_empty and page > 1 and code == 200 else code
            for kind, client in people.items():
                said = client.get(address).status_code
                if said != (wanted if kind == "hq" else 302):
                    wrong[address, kind] = said
    assert wrong == {}


def test_site_itself_opens_for_headquarters_alone(street: Street) -> None:
    people, wrong = nine_people(street), {}
    for name, code in CHROME.items():
        arguments: dict[str, list[Any]] = {
            "view_on_site": [0, 0], "app_list": ["nowhere"], "auth_user_password_change": [1],
            "models_registry_connection_try_permissions": [1],
        }  # fmt: skip
        if name == "app_list":
            continue
        address = reverse(f"admin:{name}", args=arguments.get(name, []))
        for kind, client in people.items():
            if kind != "hq" and name in OPEN_TO_ALL:
                continue
            said = client.get(address).status_code
            if said != (code if kind == "hq" else 302):
                wrong[name, kind] = said
    assert wrong == {}


def test_every_action_of_a_list_has_a_row_and_is_headquarters_own(street: Street) -> None:
    people = nine_people(street)
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="hq")
    found = {
        model._meta.label: set(admin.get_actions(request))
        for model, admin in site._registry.items()
        if admin.get_actions(request)
    }
    assert found == ACTIONS
    for label, actions in ACTIONS.items():
        model = admin_of(label).model
        before = set(model._default_manager.values_list("pk", flat=True))
        for kind in set(NINE) - {"hq"}:
            for action in actions:
                said = {"action": action, "_selected_action": list(before), "post": "yes"}
                assert people[kind].post(pages_of(label)[0], said).status_code == 302
        assert set(model._default_manager.values_list("pk", flat=True)) == before


# What the key of this store and of another one get for something of this store's; "another's" is 404 or,
# where an operation names no store, is about their own. Without a right key everything is 401.
OPERATIONS: dict[str, tuple[int, int]] = {
    "POST /api/v1/detections": (422, 422),
    "GET /api/v1/detections/{detection_id}": (200, 404),
    "POST /api/v1/detections/{detection_id}/correction": (200, 404),
    "POST /api/v1/detections/{detection_id}/picture": (422, 404),
    "GET /api/v1/store": (200, 200),
    "POST /api/v1/detections:import": (200, 200),  # an entry that cannot be taken up is told
    "POST /api/v1/uploads": (200, 200),
    "POST /api/v1/uploads/{token}": (422, 422),
}
KEYLESS = {"POST /api/v1/uploads/{token}"}  # its address is signed and works for fifteen minutes
BODIES = {
    "POST /api/v1/detections/{detection_id}/correction": {"items": []},
    "POST /api/v1/uploads": {"content_type": "image/jpeg"},
}


def operations() -> dict[str, tuple[str, str]]:
    """Return every operation that the API describes, with its method and path."""
    paths = json.loads(json.dumps(api.get_openapi_schema(), default=str))["paths"]
    return {f"{method.upper()} {path}": (method, path) for path, held in paths.items() for method in held}


def keys_of(street: Street) -> dict[str, str]:
    revoked = make_key(store=street.asakusa, name="Old", author=None)
    revoke_key(key=revoked.key, at=tokyo(1, 9))
    return {
        "none": "",
        "wrong": "Bearer kmd_0123456789_" + "x" * 40,
        "revoked": f"Bearer {revoked.text}",
        "this": f"Bearer {make_key(store=street.asakusa, name='Till', author=None).text}",
        "another's": f"Bearer {make_key(store=street.umeda, name='Till', author=None).text}",
    }


def test_every_operation_of_the_api_has_a_row() -> None:
    assert set(operations()) == set(OPERATIONS)


@pytest.mark.django_db
def test_every_operation_answers_each_key_as_expected(street: Street) -> None:
    keys, photo, wrong = keys_of(street), photo_in(street.asakusa), {}
    for name, (method, path) in operations().items():
        address = re.sub(r"{\w+}", str(photo.pk), path)
        this, another = OPERATIONS[name]
        without = this if name in KEYLESS else 401
        expected = dict.fromkeys(("none", "wrong", "revoked"), without) | {"this": this, "another's": another}
        body = json.dumps(BODIES.get(name, {}))
        for kind, key in keys.items():
            headers = {"authorization": key} if key else {}
            call = getattr(Client(headers=headers), method)
            said = call(address, data={} if method == "get" else body, content_type="application/json")
            if said.status_code != expected[kind]:
                wrong[name, kind] = said.status_code
    assert wrong == {}

"""Nothing is forgotten: every address × person has an expected answer, and every command a test."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from PIL import Image

from detections.models import DetectedLabel, Detection, Label
from detections.wiring import PICTURES
from portal.base.models import User
from stores.models import Store
from tests.home.conftest import Street
from tests.home.nine import Answers, Otherwise, answers_of, nine_people
from tests.models_registry.conftest import tokyo

ROOT = Path(__file__).resolve().parents[2]

# What a stranger, the owner of another store, a viewer of this one, its owner and headquarters get for a GET,
# and the first three for a POST. 302 leads a stranger to the sign-in; 404 is "not yours", 403 "yours, but not
# allowed", 405 "only by a button". The other four of the nine (tests/home/nine.py) follow from these: who is
# deactivated is a stranger, the manager of another area has no more than the owner of another store, the
# area's manager as much as the owner, its analyst as much as the viewer. Where it is otherwise: OTHERWISE.
PAGE: Answers = ((302, 200, 200, 200, 200), (302, 200, 200))
STORE_PAGE: Answers = ((302, 404, 200, 200, 200), (302, 404, 200))
PHOTO_PAGE: Answers = ((302, 404, 200, 200, 200), (302, 404, 200))
STORE_EDIT: Answers = ((302, 404, 403, 200, 200), (302, 404, 403))
STORE_BUTTON: Answers = ((302, 405, 405, 405, 405), (302, 404, 403))
HQ_PAGE: Answers = ((302, 403, 403, 403, 200), (302, 403, 403))
HQ_BUTTON: Answers = ((302, 405, 405, 405, 405), (302, 403, 403))
HQ_LOST: Answers = ((302, 403, 403, 403, 404), (302, 403, 403))  # nothing of that number is there
HQ_LOST_BUTTON: Answers = ((302, 405, 405, 405, 405), (302, 403, 403))
OWN_LOST: Answers = ((302, 404, 404, 404, 404), (302, 404, 404))
OWN_LOST_BUTTON: Answers = ((302, 405, 405, 405, 405), (302, 404, 404))
OPEN: Answers = ((200, 200, 200, 200, 200), (200, 200, 200))
DOOR: Answers = ((200, 302, 302, 302, 302), ())
LED: Answers = ((302, 302, 302, 302, 302), (302, 302, 302))  # on to where they belong
EXPECTED: dict[str, Answers] = {
    "login": DOOR,
    "account_login": DOOR,
    "mfa_authenticate": LED,  # only between the password and the code
    "mfa_login_webauthn": LED,
    "account_inactive": ((200, 200, 200, 200, 200), (405, 405, 405)),
    "openid_connect_login": ((405, 405, 405, 405, 405), (404, 404, 404)),  # none is set up
    "openid_connect_callback": ((404, 404, 404, 404, 404), (405, 405, 405)),
    "account_reset_password": OPEN,
    "account_reset_password_done": ((200, 200, 200, 200, 200), (405, 405, 405)),
    "account_reset_password_from_key": OPEN,
    "account": PAGE,
    "second-factor-first": PAGE,
    "account-sessions-end": ((302, 405, 405, 405, 405), (302, 302, 302)),
    "account-session-end": OWN_LOST_BUTTON,
    # Whoever signed in without a password or a code proves themselves first: here nobody has either.
    "account_change_password": LED,
    "account_set_password": LED,
    "account_reauthenticate": LED,
    "mfa_reauthenticate": LED,
    "mfa_reauthenticate_webauthn": LED,
    "sign-in-again": ((302, 200, 200, 200, 200), ()),  # by the button one is out
    "mfa_activate_totp": LED,
    "mfa_deactivate_totp": OWN_LOST,
    "mfa_view_recovery_codes": ((302, 404, 404, 404, 404), (302, 405, 405)),
    "mfa_generate_recovery_codes": LED,
    "mfa_download_recovery_codes": OWN_LOST,
    "mfa_add_webauthn": LED,
    "mfa_edit_webauthn": LED,
    "mfa_remove_webauthn": LED,
    "logout": ((405, 405, 405, 405, 405), ()),
    "set_language": ((302, 302, 302, 302, 302), (302, 302, 302)),
    "healthz": ((200, 200, 200, 200, 200), (200, 200, 200)),
    "readyz": ((200, 200, 200, 200, 200), (200, 200, 200)),
    "metrics": ((200, 200, 200, 200, 200), (405, 405, 405)),
    "health": PAGE,
    "health-store": STORE_PAGE,
    "fleet": PAGE,
    "why": PAGE,
    "spend": PAGE,
    "spend-csv": PAGE,
    "people": HQ_PAGE,
    "people-invite": HQ_PAGE,
    "invitation-resend": HQ_LOST_BUTTON,
    "invitation-withdraw": HQ_LOST_BUTTON,
    "person": HQ_PAGE,
    "person-language": HQ_BUTTON,
    "person-deactivate": HQ_PAGE,
    "person-reactivate": HQ_BUTTON,
    "person-unlock": HQ_BUTTON,
    "person-second-factors": HQ_BUTTON,
    "membership-add": HQ_BUTTON,
    "membership-remove": HQ_LOST_BUTTON,
    "person-history": HQ_PAGE,
    "start": ((302, 302, 302, 302, 302), (302, 302, 302)),  # on to their first page
    "invitation": ((410, 410, 410, 410, 410), (410, 410, 410)),  # says what to do instead
    "spend-areas-csv": PAGE,
    "spend-area": STORE_PAGE,
    "spend-area-csv": STORE_PAGE,
    "spend-store": STORE_PAGE,
    "spend-store-csv": STORE_PAGE,
    "spend-deployment": STORE_PAGE,
    "spend-runs-csv": STORE_PAGE,
    "spend-rates": ((302, 200, 200, 200, 200), (302, 403, 403)),
    "spend-rates-import": HQ_BUTTON,
    "spend-rate-remove": HQ_BUTTON,
    "spend-currency": ((302, 405, 405, 405, 405), (302, 302, 302)),
    "deployment-allocation": HQ_PAGE,
    "deployment-allocation-remove": HQ_LOST_BUTTON,
    "audit": HQ_PAGE,
    "audit-csv": HQ_PAGE,
    "deployment-history": HQ_PAGE,
    "store-history": STORE_EDIT,
    "store-history-csv": STORE_EDIT,
    "store": STORE_PAGE,
    "store-stay-open": STORE_BUTTON,
    "store-close-early": STORE_BUTTON,
    "store-closed-tomorrow": STORE_BUTTON,
    "store-edit-undo": ((302, 405, 405, 405, 405), (302, 404, 403)),
    "close-question": ((404, 404, 404, 404, 404), (404, 404, 404)),  # a link that nobody signed
    "bounds": HQ_PAGE,
    "guards": HQ_PAGE,
    "guard-act": HQ_LOST_BUTTON,
    "manifest": ((200, 200, 200, 200, 200), (405, 405, 405)),
    "app-worker": ((200, 200, 200, 200, 200), (405, 405, 405)),
    "offline": ((200, 200, 200, 200, 200), (405, 405, 405)),
    "store-run-now": STORE_BUTTON,
    "store-keep-stopped": STORE_BUTTON,
    "store-control": STORE_BUTTON,
    "store-take-back": STORE_BUTTON,
    "store-hours": STORE_EDIT,
    "store-hours-copy": STORE_BUTTON,
    "store-special-days": STORE_EDIT,
    "store-special-day-remove": STORE_BUTTON,
    "stores-import": HQ_PAGE,
    "stores-import-confirm": HQ_BUTTON,
    "stores-export": HQ_PAGE,
    "holidays": HQ_PAGE,
    "holiday-remove": HQ_BUTTON,
    "holiday-difference": HQ_BUTTON,
    "holiday-cell": HQ_LOST,
    "holiday-asked": HQ_PAGE,
    "holiday-link": HQ_BUTTON,
    "holiday-answer": ((404, 404, 404, 404, 404), (404, 404, 404)),  # a forged link
    "holidays-import": HQ_PAGE,
    "store-calendar-import": STORE_EDIT,
    "calendars": PAGE,
    "calendar-act": OWN_LOST_BUTTON,
    "calendar-feed": ((404, 404, 404, 404, 404), (405, 405, 405)),  # a forged address
    "days-undo": OWN_LOST_BUTTON,
    "deployments": HQ_PAGE,
    "deployment-new": HQ_PAGE,
    "deployment": HQ_PAGE,
    "deployment-edit": HQ_PAGE,
    "deployment-delete": HQ_PAGE,
    "deployment-stores-add": HQ_BUTTON,
    "deployment-stores-remove": HQ_BUTTON,
    "deployment-override": HQ_BUTTON,
    "deployment-override-cancel": HQ_BUTTON,
    "deployment-schedules": HQ_PAGE,
    "deployment-schedules-file": HQ_PAGE,
    "deployment-schedules-switch": HQ_BUTTON,
    "versions": HQ_PAGE,
    "version-reviewed": STORE_PAGE,
    "version-cases": STORE_PAGE,
    "version-picture": OWN_LOST,
    "version": HQ_PAGE,
    "deployment-changes": HQ_PAGE,
    "promotion-act": HQ_LOST_BUTTON,
    "version-compare": HQ_PAGE,
    "version-compare-again": HQ_BUTTON,
    "version-compare-picture": HQ_LOST,
    "trial-start": HQ_LOST_BUTTON,
    "trial-cancel": HQ_LOST_BUTTON,
    "version-promote": HQ_LOST_BUTTON,
    "connection-sync": HQ_BUTTON,
    "connection-reconcile": HQ_PAGE,
    "connection-check": HQ_PAGE,
    "orphan-stop": HQ_BUTTON,
    "thresholds": HQ_PAGE,
    "thresholds-roll-back": HQ_BUTTON,
    "thresholds-simulated": HQ_BUTTON,
    "store-keys": ((302, 404, 403, 403, 200), (302, 404, 403)),
    "store-key-rotate": STORE_BUTTON,
    "store-key-revoke": STORE_BUTTON,
    "detections": PAGE,
    "detections-count": PAGE,
    "gallery": PAGE,
    "gallery-act": ((302, 405, 405, 405, 405), (302, 302, 403)),  # who may review nothing is told so
    "gallery-undo": OWN_LOST_BUTTON,
    "review": PAGE,
    "review-mine": PAGE,
    "review-sheets": PAGE,
    "review-decide": ((302, 405, 405, 405, 405), (302, 404, 403)),
    "review-second": ((302, 405, 405, 405, 405), (302, 404, 403)),
    "training": ((302, 403, 403, 403, 302), (302, 403, 403)),  # the only project is opened at once
    "training-project": HQ_PAGE,
    "training-submit": HQ_BUTTON,
    "training-take-over": HQ_BUTTON,
    "training-set": HQ_LOST,
    "training-set-file": HQ_LOST,
    "training-draft-file": HQ_LOST,
    "training-import": HQ_PAGE,
    "training-import-report": HQ_LOST,
    "training-import-act": HQ_LOST_BUTTON,
    "training-pictures": HQ_PAGE,
    "training-pictures-act": HQ_BUTTON,
    "training-picture": HQ_LOST,
    "training-search": HQ_PAGE,
    "training-searched": HQ_BUTTON,
    "training-act": HQ_LOST_BUTTON,
    "exports": PAGE,
    "export-new": ((302, 405, 405, 405, 405), (302, 302, 302)),  # says what is missing, where it was asked
    "export-file": OWN_LOST,
    "export-act": OWN_LOST_BUTTON,
    "saved-view-save": ((302, 405, 405, 405, 405), (302, 302, 302)),
    "saved-view-remove": OWN_LOST_BUTTON,
    "detection": PHOTO_PAGE,
    "detection-picture": PHOTO_PAGE,
    "detection-crop": PHOTO_PAGE,
    "detection-flag": STORE_BUTTON,
    "deployment-photos": HQ_PAGE,
    "batches": HQ_PAGE,
    "batch-new": HQ_PAGE,
    "batch": HQ_LOST,
    "batch-act": HQ_LOST_BUTTON,
    "batch-csv": HQ_LOST,
    "batch-jsonl": HQ_LOST,
    "api-nowhere": ((404, 404, 404, 404, 404), (404, 404, 404)),
    "till": STORE_EDIT,
    "till-pass": STORE_EDIT,
    "till-worker": ((200, 200, 200, 200, 200), (200, 200, 200)),
    "store-usage": STORE_PAGE,
    "store-usage-apply": STORE_BUTTON,
    "statements": STORE_PAGE,
    "statement-pdf": STORE_PAGE,
    "statement-csv": STORE_PAGE,
    "statements-zip": PAGE,
    "budgets": PAGE,
    "budget-set": HQ_BUTTON,
    "budget-remove": HQ_LOST_BUTTON,
    "override-request-answer": HQ_LOST_BUTTON,
    "alerts": PAGE,
    "alerts-bell": PAGE,
    "alerts-act": ((302, 405, 405, 405, 405), (302, 302, 302)),  # leaves alone what is not theirs to act on
    "alert": OWN_LOST,
    "alert-note": OWN_LOST_BUTTON,
    "channels": HQ_PAGE,
    "channel-new": HQ_PAGE,
    "channel": HQ_LOST,
    "channel-act": HQ_LOST_BUTTON,
    "channel-again": HQ_LOST_BUTTON,
    "notification-wishes": PAGE,
    "digest": PAGE,
    "digest-end": ((404, 404, 404, 404, 404), (404, 404, 404)),  # a signed link, without signing in
    "ledger": HQ_PAGE,
    "ledger-csv": HQ_PAGE,
}


def addresses(patterns: list[URLPattern | URLResolver], prefix: str = "/") -> Iterator[tuple[str, str]]:
    """Yield the name and route of every address outside the admin lists."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver) and pattern.namespace is None:
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield str(pattern.name), route


OF_A_PERSON = (
    "person", "person-language", "person-deactivate", "person-reactivate", "person-history", "membership-add",
    "person-unlock", "person-second-factors",
)  # fmt: skip
OTHERWISE: dict[str, Otherwise] = {
    "store-keys": {"manager": (200, None)},  # who controls the store gives its registers their keys
    # Managers keep channels of their own area; the number asked for is nobody's.
    "channels": {"manager": (200, 200), "manager elsewhere": (200, 200)},
    "channel-new": {"manager": (200, 200), "manager elsewhere": (200, 200)},
    "channel": {"manager": (404, 404), "manager elsewhere": (404, 404)},
    "channel-act": {"manager": (405, 404), "manager elsewhere": (405, 404)},
    "channel-again": {"manager": (405, 404), "manager elsewhere": (405, 404)},
    # Analysts review what viewers only see.
    "detection-flag": {"analyst": (405, 302)},
    "gallery-act": {"analyst": (405, 302)},
    "review-decide": {"analyst": (405, 400)},  # nothing is said in an empty form
    "review-second": {"analyst": (405, 400)},
    # Managers see to the people of their own area; what is elsewhere is not theirs.
    "people": {"manager": (200, 200), "manager elsewhere": (200, 200)},
    "people-invite": {"manager": (200, 200), "manager elsewhere": (200, 200)},
    "invitation-resend": {"manager": (405, 404), "manager elsewhere": (405, 404)},
    "invitation-withdraw": {"manager": (405, 404), "manager elsewhere": (405, 404)},
    "person": {"manager": (200, 200), "manager elsewhere": (404, 404)},
    "person-language": {"manager": (405, 302), "manager elsewhere": (405, 404)},
    "person-deactivate": {"manager": (200, None), "manager elsewhere": (404, 404)},
    "person-reactivate": {"manager": (405, 302), "manager elsewhere": (405, 404)},
    "person-let-try": {"manager": (405, 302), "manager elsewhere": (405, 404)},
    "person-take-factors": {"manager": (405, 302), "manager elsewhere": (405, 404)},
    "membership-add": {"manager": (405, 422), "manager elsewhere": (405, 404)},
    "membership-remove": {"manager": (405, 404), "manager elsewhere": (405, 404)},
}
ROUTES = dict(addresses(get_resolver().url_patterns))


@pytest.fixture
def quiet() -> Iterator[None]:
    """Write no log: a thousand refusals with their tracebacks cost more than the answers."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def photo_in(store: Store) -> Detection:
    """A photo of a store, with its picture."""
    content = io.BytesIO()
    Image.new("RGB", (64, 64)).save(content, "JPEG")
    PICTURES.save(f"{store.pk}/photo.jpg", content.getvalue())
    facts = {"at": tokyo(2, 9), "taken_at": tokyo(2, 9), "picture_key": f"{store.pk}/photo.jpg"}
    photo = Detection.objects.create(store=store, outcome="AWS_DOWN", source="REGISTER", **facts)
    DetectedLabel.objects.create(
        id=photo.pk, detection=photo, label=Label.objects.create(name="anpan"), store=store,
        taken_at=photo.taken_at, confidence=50, threshold=60, fate="N",
        left=0.1, top=0.1, width=0.5, height=0.5,
    )  # fmt: skip
    return photo


def test_every_address_has_an_expected_answer() -> None:
    assert set(ROUTES) == set(EXPECTED)


@pytest.mark.timeout(300)
@pytest.mark.timeout(400)  # some three thousand pages, beside three other workers
def test_every_address_answers_each_person_as_expected(street: Street, quiet: None) -> None:
    people = nine_people(street)
    addresses = {name: address_of(name, route, street) for name, route in ROUTES.items()}
    wrong = {}
    for name, address in addresses.items():
        expected = answers_of(EXPECTED[name], OTHERWISE.get(name, {}))
        for kind, (get, post) in expected.items():
            said = people[kind].get(address).status_code
            posted = people[kind].post(address).status_code if post is not None else None
            if (said, posted) != (get, post):
                wrong[name, kind] = f"GET {said} for {get}, POST {posted} for {post}"
    assert wrong == {}


def address_of(name: str, route: str, street: Street) -> str:
    """Return an address that leads to something of Asakusa's, where there is something."""
    photo, version = _photo_of(street.asakusa), street.deployment.live_version
    assert version is not None
    of_project = (
        "training-project", "training-submit", "training-take-over", "training-import", "training-pictures",
        "training-pictures-act", "training-search", "training-searched", "training-draft-file",
    )  # fmt: skip
    keys = dict.fromkeys(of_project, version.project_id)
    keys |= dict.fromkeys(("spend-area", "spend-area-csv"), street.asakusa.area_id)
    keys["connection-reconcile"] = keys["connection-check"] = street.deployment.connection_id
    of_version = ("version", "version-compare", "version-compare-again", "version-reviewed", "version-cases")
    keys |= dict.fromkeys(of_version, version.pk)
    keys |= dict.fromkeys(("review-decide", "review-second"), photo.pk)
    keys |= dict.fromkeys(OF_A_PERSON, User.objects.get(username="owner").pk)
    key = photo.pk if name.startswith("detection") else keys.get(name, street.deployment.pk)
    return re.sub(r"<int:\w+>", str(key), re.sub(r"<(str|anything):\w+>", "asakusa", route))


def _photo_of(store: Store) -> Detection:
    return Detection.objects.filter(store=store).first() or photo_in(store)


def test_every_command_has_a_test() -> None:
    apps = ("portal", "stores", "models_registry", "detections", "alerts")
    paths = (path for app in apps for path in (ROOT / app).glob("**/management/commands/*.py"))
    commands = {path.stem for path in paths if path.stem != "__init__"}
    texts = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert {name for name in commands if f'"{name}"' not in texts} == set()

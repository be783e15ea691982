"""Promotions: asked for by a person, carried out by the tick, undone by another promotion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from models_registry.domain.promotion import (
    DRAIN,
    MOVING,
    PromotionState,
    Scene,
    Seen,
    Step,
    Why,
    advance,
)
from models_registry.domain.reasons import Reason
from models_registry.domain.status import VersionStatus
from models_registry.models import Assignment, Deployment, ModelVersion, Promotion, Run, Service
from models_registry.selectors.board import (
    STATUS,
    Board,
    VersionRow,
    is_stop_ordered,
    seen_now,
    seen_since,
)
from models_registry.services.deployments import InvalidDeployment, check_version
from models_registry.services.observe import Connect
from models_registry.services.orders import Hands, start_version
from models_registry.services.safety import Safety
from portal.base.models import User


def promote(
    *, deployment: Deployment, version: ModelVersion, reason: str, author: User | None, at: datetime,
    failures: Sequence[Sequence[Any]] = (), is_rollback: bool = False,
) -> Promotion:  # fmt: skip
    """Ask for a version to become live. With a failed gate it waits for a second person.

    Raises InvalidDeployment, saying what to do.
    """
    if not reason.strip():
        raise InvalidDeployment("Say why, in a few words: it stays in the history.")
    old = deployment.live_version
    if old is None:
        raise InvalidDeployment("This deployment has no live version yet: choose one in its form.")
    if old.pk == version.pk:
        raise InvalidDeployment("%(version)s is live here already.", version=version)
    check_version(version, deployment)
    try:
        with transaction.atomic():
            return Promotion.objects.create(
                deployment=deployment, old_version=old, new_version=version, reason=reason.strip()[:1_000],
                author=author, created_at=at, failures=[list(each) for each in failures],
                is_rollback=is_rollback,
                state=PromotionState.ASKED if failures else PromotionState.STARTING,
            )  # fmt: skip
    except IntegrityError as error:
        raise InvalidDeployment(
            "A change of version is on its way here, or this version is on its way elsewhere. Cancel that "
            "first, or wait."
        ) from error


def approve(*, promotion: Promotion, person: User) -> bool:
    """Let a promotion go on in spite of its gate; tell whether it was waiting. Nobody approves their own."""
    if promotion.author_id == person.pk:
        raise InvalidDeployment("Another person must agree: the gate was not passed.")
    waiting = Promotion.objects.filter(pk=promotion.pk, state=PromotionState.ASKED)
    return waiting.update(state=PromotionState.STARTING, approver=person) == 1


def cancel_promotion(*, promotion: Promotion, at: datetime) -> bool:
    """End a promotion before the switch; a version that was started for it is stopped by the tick."""
    before = Promotion.objects.filter(
        pk=promotion.pk, state__in=[PromotionState.ASKED, PromotionState.STARTING]
    )
    return before.update(state=PromotionState.CANCELLED, ended_at=at) == 1


def roll_back(*, promotion: Promotion, author: User | None, at: datetime) -> Promotion:
    """Ask for the version before a promotion to be live again."""
    deployment = Deployment.objects.select_related("connection", "live_version").get(
        pk=promotion.deployment_id
    )
    if deployment.live_version_id != promotion.new_version_id:
        raise InvalidDeployment("Another version is live meanwhile; choose the one to promote.")
    with transaction.atomic():
        Promotion.objects.filter(pk=promotion.pk, state=PromotionState.SWITCHED).update(
            state=PromotionState.DONE, ended_at=at
        )
        return promote(
            deployment=deployment, version=promotion.old_version, author=author, at=at, is_rollback=True,
            reason=promotion.reason,
        )  # fmt: skip


def advance_promotions(
    board: Board, *, at: datetime, connect: Connect, safety: Safety
) -> tuple[bool, frozenset[int]]:
    """Bring every promotion a step on; no query while there is none.

    Returns whether a live version was changed, so that the board must be read again, and the
    versions that must not be stopped, though no deployment of the board points at them: the new one before
    the switch, and the old one while it may still be answering. The new one is kept after the switch too, for
    a board that was read before it.
    """
    switched, kept = False, set[int]()
    if not board.is_promoting:
        return False, frozenset()
    moving = Promotion.objects.filter(state__in=sorted(MOVING)).select_related("deployment", "new_version")
    for promotion in moving.order_by("id"):
        scene = _scene(board, promotion, at)
        if scene is not None:
            step, why = advance(scene)
            if step is Step.START:
                why = _start(board, promotion, at, connect, safety)
            switched |= _carry_out(promotion, step, why, at)
        if promotion.state in MOVING:
            kept.add(promotion.new_version_id)
        if promotion.switched_at and at - promotion.switched_at < DRAIN:
            kept.add(promotion.old_version_id)
    return switched, frozenset(kept)


def _scene(board: Board, promotion: Promotion, at: datetime) -> Scene | None:
    live_id = promotion.deployment.live_version_id
    live = board.versions.get(live_id) if live_id else None
    old, new = board.versions.get(promotion.old_version_id), board.versions.get(promotion.new_version_id)
    if live is None and live_id is not None:
        return None
    names = {promotion.old_version_id: "old", promotion.new_version_id: "new"}
    return Scene(
        PromotionState(promotion.state), names.get(live_id or 0, ""),
        bool(live and live.is_wanted), bool(live and live.may_start and not live.is_dry_run),
        bool(live and live.may_stop and not live.is_dry_run),
        board.has_slot(live.connection_id) if live else False,
        _seen(board, old, promotion, at), _seen(board, new, promotion, at), promotion.switched_at, at,
    )  # fmt: skip


def _seen(board: Board, row: VersionRow | None, promotion: Promotion, at: datetime) -> Seen:
    if row is None:
        return Seen(STATUS["DELETING"], is_gone=True)
    run = board.open_runs.get(row.pk)
    if row.pk != promotion.new_version_id:
        return seen_now(row, run, at)
    return seen_since(row, run, promotion.switched_at or promotion.created_at, at)


def _start(board: Board, promotion: Promotion, at: datetime, connect: Connect, safety: Safety) -> Why:
    """Start the new version as the deployment's, without being its live one; return why it goes on.

    The promotion may have been asked for after this tick's instant; its run is not older than itself.
    """
    new, old = board.versions[promotion.new_version_id], board.versions[promotion.old_version_id]
    row = replace(
        new, deployment_id=promotion.deployment_id, min_units=old.min_units, max_units=old.max_units,
        state_id=None,
    )  # fmt: skip
    hands = Hands(connect(board.connections[new.connection_id]), safety)
    outcome = start_version(
        row, reason=Reason("PROMOTION", {}), at=max(at, promotion.created_at), hands=hands
    )
    board.ordered.add(new.pk)
    message = outcome.message if outcome.is_refused else ""
    if message != promotion.message:
        Promotion.objects.filter(pk=promotion.pk).update(message=message)
    return Why.REFUSED if outcome.is_refused else Why.STARTING


def _carry_out(promotion: Promotion, step: Step, why: Why, at: datetime) -> bool:
    """Write down what a step means; tell whether the live version is another one now."""
    mine = Promotion.objects.filter(pk=promotion.pk, state=promotion.state)
    match step:
        case Step.WAIT | Step.START:
            if promotion.why != why:
                mine.update(why=why)
            return False
        case Step.FINISH:
            return _end(promotion, PromotionState.DONE, why, at)
        case Step.FAIL:
            return _end(promotion, PromotionState.FAILED, why, at)
        case Step.SWITCH:
            is_proven = why is Why.RUNS
            changes: dict[str, Any] = {
                "state": PromotionState.SWITCHED, "switched_at": at,
                "why": Why.DRAINING if is_proven else Why.UNPROVEN,
            }  # fmt: skip
            return _switch(promotion, changes, at, must_run=is_proven)
        case Step.SWITCH_BACK:
            changes = {
                "state": PromotionState.FAILED, "why": why, "ended_at": at, "message": _complaint(promotion),
            }  # fmt: skip
            return _switch(promotion, changes, at, is_back=True, must_run=why is Why.STOPPED_AGAIN)


def _end(promotion: Promotion, state: PromotionState, why: Why, at: datetime) -> bool:
    """End a promotion without a switch; a version that was started for it is stopped by the tick."""
    mine = Promotion.objects.filter(pk=promotion.pk, state=promotion.state)
    message = _complaint(promotion) if state is PromotionState.FAILED else ""
    mine.update(state=state, why=why, ended_at=at, message=message)
    promotion.state = state
    return False


def _complaint(promotion: Promotion) -> str:
    """Return AWS's own words of what went wrong with the new version, or nothing."""
    version = promotion.new_version
    if version.status == VersionStatus.FAILED and version.status_message:
        return version.status_message
    tried = Run.objects.filter(version=version, requested_at__gte=promotion.created_at)
    said = tried.exclude(error_message="").order_by("-id").values_list("error_message", flat=True).first()
    return said or promotion.message


def _switch(
    promotion: Promotion, changes: dict[str, Any], at: datetime, *, is_back: bool = False, must_run: bool
) -> bool:
    """Change the live version, the promotion and the history together, if nobody else has changed either.

    The run is locked first, as it is before a stop: stores never come to a version that is being stopped.
    """
    before, after = promotion.old_version_id, promotion.new_version_id
    if is_back:
        before, after = after, before
    try:
        with transaction.atomic():
            run = Run.objects.select_for_update().filter(version_id=after, ended_at__isnull=True).first()
            if must_run and (run is None or is_stop_ordered(run, at)):
                return False
            if not Promotion.objects.filter(pk=promotion.pk, state=promotion.state).update(**changes):
                return False
            live = Deployment.objects.filter(pk=promotion.deployment_id, live_version=before)
            if not live.update(live_version=after):
                transaction.set_rollback(True)
                return False
            Run.objects.filter(version_id=after, ended_at__isnull=True, deployment__isnull=True).update(
                deployment=promotion.deployment
            )
            note_services(at=at, promotion=promotion)
    except IntegrityError:
        # The version has become live for another deployment meanwhile: one serves one deployment only.
        return _end(promotion, PromotionState.FAILED, Why.CHANGED_BY_HAND, at)
    for name, value in changes.items():
        setattr(promotion, name, value)
    return True


def note_services(*, at: datetime, promotion: Promotion | None = None) -> None:
    """Bring the history of who is served by what into line; two queries while nothing changes."""
    now = {
        store: (deployment, version)
        for store, deployment, version in Assignment.objects.filter(
            deployment__live_version__isnull=False
        ).values_list("store_id", "deployment_id", "deployment__live_version_id")
    }
    ended, known = [], set[int]()
    for pk, store, deployment, version in Service.objects.filter(ends_at__isnull=True).values_list(
        "pk", "store_id", "deployment_id", "version_id"
    ):
        if now.get(store) == (deployment, version):
            known.add(store)
        else:
            ended.append(pk)
    new = [
        Service(
            store_id=store, deployment_id=deployment, version_id=version, starts_at=at,
            promotion=promotion if promotion and promotion.deployment_id == deployment else None,
        )
        for store, (deployment, version) in now.items() if store not in known
    ]  # fmt: skip
    if ended or new:
        with transaction.atomic():
            Service.objects.filter(pk__in=ended, ends_at__isnull=True).update(ends_at=at)
            Service.objects.bulk_create(new, ignore_conflicts=True, batch_size=1_000)

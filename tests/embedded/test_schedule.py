"""The beat schedule and the queues."""

from portal.celery import app
from portal.embedded.folder import StateFolder
from portal.embedded.up import worker


def test_every_scheduled_task_exists():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_every_queue_has_a_worker(tmp_path):
    command = worker(StateFolder(tmp_path)).command
    served = set(command[command.index("--queues") + 1].split(","))
    assert {entry["options"]["queue"] for entry in app.conf.beat_schedule.values()} == served


def test_late_runs_expire_when_the_next_is_due():
    for entry in app.conf.beat_schedule.values():
        assert entry["options"]["expires"] == entry["schedule"]


def test_tick_comes_as_often_as_the_settings_say(settings):
    assert app.conf.beat_schedule["tick"]["schedule"] == settings.TICK_SECONDS


def test_only_json_travels():
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"

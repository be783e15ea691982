"""Every environment variable that is read is in docs/settings.md."""

import ast
import json
import re

import pytest

from portal.embedded import rekognition
from portal.embedded.folder import PROJECT, StateFolder

VARIABLE = re.compile(r"(KAMADO|AWS|DATABASE|REDIS)_[A-Z_]+")


def variables() -> set[str]:
    files = [PROJECT / "portal" / "settings.py", *(PROJECT / "portal" / "embedded").glob("*.py")]
    texts = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and VARIABLE.fullmatch(node.value)
            ):
                texts.add(node.value)
    return texts


def test_every_variable_is_documented():
    documented = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert {name for name in variables() if f"`{name}`" not in documented} == set()


def test_both_readers_of_kamado_home_agree(settings):
    assert StateFolder.from_environment().path == settings.KAMADO_HOME


@pytest.fixture
def no_credentials(monkeypatch, tmp_path):
    for name in (*rekognition.CREDENTIAL_VARIABLES, "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


@pytest.fixture
def local(tmp_path, monkeypatch):
    """A Rekognition Local that says where it answers."""
    monkeypatch.delenv("KAMADO_BUCKETS_DIR", raising=False)
    service = rekognition.Rekognition(StateFolder(tmp_path))
    service.data.mkdir()
    (service.data / "endpoint.json").write_text(json.dumps({"url": "http://127.0.0.1:9900"}))
    return service


def test_made_up_credentials_cannot_reach_aws(no_credentials, local):
    added = rekognition.environment_for(local)
    assert added["AWS_ACCESS_KEY_ID"] == "kamado-local"
    assert added["AWS_ENDPOINT_URL"] == added["AWS_ENDPOINT_URL_REKOGNITION"] == "http://127.0.0.1:9900"


def test_named_credentials_are_kept(no_credentials, local, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "bakery")
    added = rekognition.environment_for(local)
    assert set(added) == {"AWS_ENDPOINT_URL_REKOGNITION", "AWS_DEFAULT_REGION", "KAMADO_BUCKETS_DIR"}


def test_buckets_are_a_folder_of_the_state_unless_one_is_named(no_credentials, local, monkeypatch, tmp_path):
    assert rekognition.environment_for(local)["KAMADO_BUCKETS_DIR"] == str(tmp_path / "s3")
    monkeypatch.setenv("KAMADO_BUCKETS_DIR", str(tmp_path / "elsewhere"))
    assert rekognition.environment_for(local)["KAMADO_BUCKETS_DIR"] == str(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("choice", "endpoint", "is_wanted"),
    [("", "", True), ("local", "", True), ("aws", "", False), ("", "http://elsewhere:9900", False)],
)
def test_local_service_is_wanted_when_nothing_else_is_named(monkeypatch, choice, endpoint, is_wanted):
    monkeypatch.setenv("KAMADO_REKOGNITION", choice)
    monkeypatch.setenv("AWS_ENDPOINT_URL_REKOGNITION", endpoint)
    assert rekognition.is_wanted() is is_wanted

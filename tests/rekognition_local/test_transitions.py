from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from rekognition_local.statuses import VersionStatus
from rekognition_local.transitions import TABLE, Act, as_markdown
from rekognition_local.wire.catalogue import operation_model
from tests.rekognition_local.local import OUTPUT, Local, error_of

PAGE = Path(__file__).parents[2] / "docs" / "rekognition-local.md"
EVERY_CELL = [(act, status) for act, verdicts in TABLE.items() for status in verdicts]


def _carry_out(local: Local, act: Act, arn: str, project: str) -> None:
    match act:
        case Act.START:
            local.aws.start_project_version(ProjectVersionArn=arn, MinInferenceUnits=1)
        case Act.STOP:
            local.aws.stop_project_version(ProjectVersionArn=arn)
        case Act.DELETE:
            local.aws.delete_project_version(ProjectVersionArn=arn)
        case Act.DETECT:
            local.aws.detect_custom_labels(ProjectVersionArn=arn, Image={"Bytes": b"\xff\xd8\xff picture"})
        case Act.COPY:
            local.aws.copy_project_version(
                SourceProjectArn=project,
                SourceProjectVersionArn=arn,
                DestinationProjectArn=project,
                VersionName="copy",
                OutputConfig=OUTPUT,
            )


def test_table_has_every_status_for_every_operation() -> None:
    assert {act: set(verdicts) for act, verdicts in TABLE.items()} == {act: set(VersionStatus) for act in Act}


def test_every_refusal_is_an_error_that_the_model_lists_for_the_operation() -> None:
    for act, verdicts in TABLE.items():
        modelled = {shape.name for shape in operation_model(act).error_shapes}
        assert {verdict.error for verdict in verdicts.values() if verdict.error} <= modelled


@pytest.mark.parametrize(("act", "status"), EVERY_CELL)
def test_operation_is_answered_as_the_table_says(local: Local, act: Act, status: VersionStatus) -> None:
    project, arn = local.seed(1)
    local.set_status(arn, status)
    # A running model is let through to the eyes that Rekognition Local does not have yet.
    expected = (
        "AccessDeniedException" if (act, status) == (Act.DETECT, "RUNNING") else TABLE[act][status].error
    )

    try:
        _carry_out(local, act, arn, project)
        answered = None
    except ClientError as error:
        answered = error_of(error)

    assert answered == expected


def test_page_shows_the_table_as_it_is() -> None:
    assert as_markdown() in PAGE.read_text(encoding="utf-8")

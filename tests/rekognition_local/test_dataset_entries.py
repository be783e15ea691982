"""Entries over HTTP: updating, listing with filters, labels, distributing."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rekognition_local.settings import Quotas
from rekognition_local.wire.catalogue import operation_model
from tests.rekognition_local.local import BUCKET, TOKYO, Local, error_of
from tests.rekognition_local.trays import ANPAN, MELON, YAKISOBA, boxed_line, jpeg, tagged_line, tray

BOX = {"label": MELON, "left": 10, "top": 20, "width": 30, "height": 40}
NO_DATASET = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/dataset/train/1"
MEGABYTE = 1024 * 1024
Refused = Callable[..., str]


def picture(number: int) -> str:
    return f"s3://{BUCKET}/trays/{number}.jpg"


def line(number: int, label: str = MELON) -> dict[str, Any]:
    return boxed_line(picture(number), [{**BOX, "label": label}])


def _send(local: Local, arn: str, content: bytes) -> None:
    local.aws.update_dataset_entries(DatasetArn=arn, Changes={"GroundTruth": content})


def test_update_adds_new_pictures_and_replaces_known_ones_in_their_place(local: Local) -> None:
    arn = local.dataset()
    local.update(arn, line(0), line(1), line(2))

    local.update(arn, line(3), line(1, ANPAN))

    entries = local.entries(arn)
    assert [entry["source-ref"] for entry in entries] == [picture(number) for number in range(4)]
    assert entries[1] == line(1, ANPAN)
    description = local.dataset_description(arn)
    assert (description["Status"], description["StatusMessageCode"]) == ("UPDATE_COMPLETE", "SUCCESS")
    assert description["DatasetStats"] == {
        "TotalEntries": 4,
        "LabeledEntries": 4,
        "TotalLabels": 2,
        "ErrorEntries": 0,
    }
    labels = local.aws.list_dataset_labels(DatasetArn=arn)["DatasetLabelDescriptions"]
    assert {label["LabelName"]: label["LabelStats"]["EntryCount"] for label in labels} == {ANPAN: 1, MELON: 3}


def test_later_of_two_lines_with_one_source_ref_counts(local: Local) -> None:
    arn = local.dataset()

    local.update(arn, line(0), line(0, ANPAN))

    assert local.entries(arn) == [line(0, ANPAN)]


def test_entry_sent_back_mended_loses_its_errors(local: Local) -> None:
    arn = local.dataset()
    wrong = line(0)
    wrong["bounding-box"]["annotations"][0]["left"] = -1
    local.update(arn, wrong)
    [listed] = local.entries(arn, HasErrors=True)
    assert listed["bounding-box"]["annotations"][0]["errors"][0]["code"] == "ERROR_INVALID_BOUNDING_BOX"

    listed["bounding-box"]["annotations"][0]["left"] = 1
    local.update(arn, listed)

    assert local.entries(arn, HasErrors=True) == []
    assert local.dataset_description(arn)["DatasetStats"]["ErrorEntries"] == 0


def test_bare_line_takes_the_labels_off_a_picture(local: Local) -> None:
    arn = local.dataset("train.manifest")

    local.update(arn, {"source-ref": picture(0)})

    [bare] = local.entries(arn, Labeled=False)
    assert bare["warnings"][0]["code"] == "WARNING_UNANNOTATED_RECORD"
    assert local.dataset_description(arn)["DatasetStats"]["LabeledEntries"] == 11


def test_broken_lines_byte_order_mark_and_carriage_returns_do_not_stop_an_update(local: Local) -> None:
    arn = local.dataset()
    good = json.dumps(line(0), ensure_ascii=False).encode()

    _send(
        local, arn, "\ufeff".encode() + good + b"\r\n\r\n" + good.replace("メ".encode(), b"\xff") + b"\r\n{"
    )
    local.settle()

    assert len(local.entries(arn)) == 3
    assert len(local.entries(arn, HasErrors=True)) == 2


def test_update_without_one_json_line_fails_and_changes_nothing(local: Local) -> None:
    arn = local.dataset("train.manifest")
    before = local.entries(arn)

    _send(local, arn, b"\xff\xd8\xff a picture")
    local.settle()

    description = local.dataset_description(arn)
    assert (description["Status"], description["StatusMessageCode"]) == ("UPDATE_FAILED", "CLIENT_ERROR")
    assert description["StatusMessage"] == "The manifest file extension or contents are invalid."
    assert local.entries(arn) == before
    local.update(arn, line(0))
    assert local.dataset_description(arn)["Status"] == "UPDATE_COMPLETE"


def test_update_of_just_five_megabytes_is_taken(local: Local) -> None:
    arn = local.dataset()
    content = json.dumps(line(0)).encode()

    _send(local, arn, content + b"\n" + b" " * (5 * MEGABYTE - len(content) - 1))
    local.settle()

    assert local.dataset_description(arn)["DatasetStats"]["TotalEntries"] == 1


def test_update_of_thousands_of_lines_is_taken(local: Local) -> None:
    arn = local.dataset()
    lines = [tagged_line(f"s3://{BUCKET}/none/{number}.jpg", ANPAN) for number in range(5000)]

    local.update(arn, *lines)

    assert local.dataset_description(arn)["DatasetStats"] == {
        "TotalEntries": 5000,
        "LabeledEntries": 5000,
        "TotalLabels": 1,
        "ErrorEntries": 5000,
    }


def test_outage_of_the_buckets_fails_the_update_and_accuses_no_picture(
    local_with: Callable[..., Local],
) -> None:
    local = local_with(s3_endpoint="http://127.0.0.1:9")
    arn = local.dataset()

    local.update(arn, line(0))

    description = local.dataset_description(arn)
    assert (description["Status"], description["StatusMessageCode"]) == ("UPDATE_FAILED", "SERVICE_ERROR")
    assert local.entries(arn) == []


def test_datasets_work_on_s3_as_on_folders(
    local_with: Callable[..., Local], monkeypatch: pytest.MonkeyPatch
) -> None:
    moto_server = pytest.importorskip("moto.server", reason="moto plays S3 where it is installed")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    s3 = moto_server.ThreadedMotoServer(port=0, verbose=False)
    s3.start()
    host, port = s3.get_host_and_port()
    try:
        local = local_with(s3_endpoint=f"http://{host}:{port}")
        client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name=TOKYO)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": TOKYO})
        client.put_object(Bucket=BUCKET, Key="trays/0.jpg", Body=jpeg(tray(0)[0]))
        manifest = "\n".join(json.dumps(line(number)) for number in (0, 1))
        client.put_object(Bucket=BUCKET, Key="写真/train.manifest", Body=manifest.encode())

        arn = local.dataset("写真/train.manifest")

        assert [bool(entry.get("errors")) for entry in local.entries(arn)] == [False, True]
        with pytest.raises(ClientError) as caught:
            local.dataset("none.manifest", type="TEST")
        assert error_of(caught.value) == "InvalidS3ObjectException"
        client.close()
    finally:
        s3.stop()


def _update_while_updating(local: Local) -> None:
    arn = local.dataset()
    _send(local, arn, b"{}")
    _send(local, arn, b"{}")


def _update_while_being_created(local: Local) -> None:
    made = local.aws.create_dataset(ProjectArn=local.project(), DatasetType="TRAIN")
    _send(local, made["DatasetArn"], b"{}")


def _update_while_being_deleted(local: Local) -> None:
    arn = local.dataset()
    local.aws.delete_dataset(DatasetArn=arn)
    _send(local, arn, b"{}")


def _update_what_was_never_created(local: Local) -> None:
    (local.buckets / BUCKET / "nothing.manifest").touch()
    _send(local, local.dataset("nothing.manifest"), b"{}")


UPDATE_REFUSALS: list[tuple[str, Callable[[Local], None]]] = [
    ("InvalidParameterException", lambda local: _send(local, local.dataset(), b"")),
    ("InvalidParameterException", lambda local: _send(local, local.dataset(), b" \r\n\n")),
    ("InvalidParameterException", lambda local: _send(local, local.dataset(), b" " * (5 * MEGABYTE + 1))),
    ("InvalidParameterException", _update_what_was_never_created),
    ("ResourceInUseException", _update_while_updating),
    ("ResourceInUseException", _update_while_being_created),
    ("ResourceInUseException", _update_while_being_deleted),
    ("ResourceNotFoundException", lambda local: _send(local, NO_DATASET, b"{}")),
]


@pytest.mark.parametrize(("code", "attempt"), UPDATE_REFUSALS)
def test_update_is_refused_with_the_error_that_fits(
    local: Local, code: str, attempt: Callable[[Local], None]
) -> None:
    with pytest.raises(ClientError) as caught:
        attempt(local)

    assert error_of(caught.value) == code


def test_full_dataset_takes_new_lines_for_old_pictures_only(
    local_with: Callable[..., Local], shared_local: Local, refused: Refused
) -> None:
    local = local_with(buckets=shared_local.buckets, quotas=Quotas(images_per_dataset=12).without_tps())
    arn = local.dataset("train.manifest")

    local.update(arn, line(0, ANPAN), line(1, ANPAN))
    content = json.dumps(line(17)).encode()

    code = refused(local.aws.update_dataset_entries, DatasetArn=arn, Changes={"GroundTruth": content})
    assert code == "LimitExceededException"
    assert local.dataset_description(arn)["DatasetStats"]["TotalEntries"] == 12


def test_every_modelled_error_of_updating_can_be_had() -> None:
    modelled = {shape.name for shape in operation_model("UpdateDatasetEntries").error_shapes}
    # By faults and by the limit of requests per second.
    common = {
        "AccessDeniedException",
        "InternalServerError",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
    }

    assert {code for code, _ in UPDATE_REFUSALS} | {"LimitExceededException"} | common == modelled


def test_dataset_is_listed_only_while_it_stands_still(local: Local, refused: Refused) -> None:
    arn = local.aws.create_dataset(ProjectArn=local.project(), DatasetType="TRAIN")["DatasetArn"]
    operations = (local.aws.list_dataset_entries, local.aws.list_dataset_labels)

    for code, begin in (
        ("ResourceNotReadyException", lambda: None),
        ("ResourceInUseException", lambda: _send(local, arn, json.dumps(line(0)).encode())),
        ("ResourceInUseException", lambda: local.aws.delete_dataset(DatasetArn=arn)),
    ):
        begin()
        assert {refused(operation, DatasetArn=arn) for operation in operations} == {code}
        local.wait()
        assert refused(operations[0], DatasetArn=arn) == code
        local.advance(5)
    assert {refused(operation, DatasetArn=arn) for operation in operations} == {"ResourceNotFoundException"}


@pytest.fixture
def mixed(local: Local) -> str:
    """Nine entries: pictures 0-5 by two labels in turn, 6 with boxes of both, 7 bare, 8 missing."""
    arn = local.dataset()
    both = boxed_line(picture(6), [BOX, {**BOX, "label": ANPAN}, BOX])
    labels = [(MELON, ANPAN)[number % 2] for number in range(6)]
    local.update(
        arn,
        *[line(number, label) for number, label in enumerate(labels)],
        both,
        {"source-ref": picture(7)},
        tagged_line(f"s3://{BUCKET}/cakes/8.jpg", YAKISOBA),
    )
    return arn


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ({"ContainsLabels": [MELON]}, [0, 2, 4, 6]),
        ({"ContainsLabels": [MELON, ANPAN]}, [0, 1, 2, 3, 4, 5, 6]),
        ({"ContainsLabels": ["クロワッサン"]}, []),
        ({"Labeled": True}, [0, 1, 2, 3, 4, 5, 6, 8]),
        ({"Labeled": False}, [7]),
        ({"HasErrors": True}, [8]),
        ({"HasErrors": False}, [0, 1, 2, 3, 4, 5, 6, 7]),
        ({"SourceRefContains": "cakes/"}, [8]),
        ({"SourceRefContains": "CAKES"}, []),
        ({"SourceRefContains": "%"}, []),
        ({"SourceRefContains": "trays", "ContainsLabels": [ANPAN], "Labeled": True}, [1, 3, 5, 6]),
    ],
)
@pytest.mark.parametrize("size", [2, 100])
def test_filters_hold_on_every_page(
    local: Local, mixed: str, filters: dict[str, Any], numbers: list[int], size: int
) -> None:
    entries = local.entries(mixed, **filters, PaginationConfig={"PageSize": size})

    assert [int(entry["source-ref"].split("/")[-1].split(".")[0]) for entry in entries] == numbers


def test_token_of_other_filters_is_refused(local: Local, mixed: str, refused: Refused) -> None:
    page = local.aws.list_dataset_entries(DatasetArn=mixed, Labeled=True, MaxResults=1)

    code = refused(local.aws.list_dataset_entries, DatasetArn=mixed, NextToken=page["NextToken"])

    assert code == "InvalidPaginationTokenException"


def test_page_of_more_than_a_hundred_entries_is_refused(local: Local, mixed: str, refused: Refused) -> None:
    assert refused(local.aws.list_dataset_entries, DatasetArn=mixed, MaxResults=101) == "ValidationException"


def test_labels_are_paged_with_images_and_images_with_boxes(local: Local, mixed: str) -> None:
    pages = local.aws.get_paginator("list_dataset_labels").paginate(
        DatasetArn=mixed, PaginationConfig={"PageSize": 1}
    )

    labels = [label for page in pages for label in page["DatasetLabelDescriptions"]]

    assert {label["LabelName"]: tuple(label["LabelStats"].values()) for label in labels} == {
        ANPAN: (4, 4),
        MELON: (4, 4),
        YAKISOBA: (1, 0),
    }
    assert labels == sorted(labels, key=lambda label: label["LabelName"])


def test_fifth_is_moved_to_the_test_dataset_with_groups_kept_together(local: Local) -> None:
    train, test = local.dataset(), local.dataset(type="TEST")
    lines = [line(number % 18, (MELON, ANPAN)[number % 2]) for number in range(20)]
    for number, each in enumerate(lines):
        each["source-ref"] += f"?{number}"
        each["bounding-box-metadata"]["group"] = f"トレー{number // 2}"
    local.update(train, *lines)

    local.aws.distribute_dataset_entries(Datasets=[{"Arn": test}, {"Arn": train}])
    assert {local.dataset_description(arn)["Status"] for arn in (train, test)} == {"UPDATE_IN_PROGRESS"}
    local.settle()

    assert {local.dataset_description(arn)["Status"] for arn in (train, test)} == {"UPDATE_COMPLETE"}
    groups = [
        {entry["bounding-box-metadata"]["group"] for entry in local.entries(arn)} for arn in (train, test)
    ]
    assert [len(local.entries(arn)) for arn in (train, test)] == [16, 4]
    assert not groups[0] & groups[1]
    labels = local.aws.list_dataset_labels(DatasetArn=test)["DatasetLabelDescriptions"]
    assert [label["LabelName"] for label in labels] == sorted([ANPAN, MELON])


def test_one_picture_cannot_be_distributed(local: Local) -> None:
    train, test = local.dataset(), local.dataset(type="TEST")
    local.update(train, line(0))

    local.aws.distribute_dataset_entries(Datasets=[{"Arn": train}, {"Arn": test}])
    local.settle()

    for arn in (train, test):
        description = local.dataset_description(arn)
        assert description["Status"] == "UPDATE_FAILED"
        assert "insufficient labeled images" in description["StatusMessage"]
    assert len(local.entries(train)) == 1


def test_only_a_full_training_and_an_empty_test_dataset_are_distributed(
    local: Local, refused: Refused
) -> None:
    train = local.dataset("train.manifest")
    other = local.dataset(project="cakes", type="TEST")
    test = local.aws.create_dataset(ProjectArn=local.project(), DatasetType="TEST")["DatasetArn"]

    def distribute(*arns: str) -> str:
        return refused(local.aws.distribute_dataset_entries, Datasets=[{"Arn": arn} for arn in arns])

    assert distribute(train, test) == "ResourceNotReadyException"
    local.advance(5)
    assert distribute(train, NO_DATASET) == "ResourceNotFoundException"
    assert distribute(train, train) == "InvalidParameterException"
    assert distribute(train, other) == "InvalidParameterException"
    assert distribute(train, test, other) == "InvalidParameterException"
    local.update(test, line(0))
    assert distribute(train, test) == "InvalidParameterException"
    assert distribute(local.dataset(project="cakes"), other) == "InvalidParameterException"

"""Manifests without a server: every code that can arise here, and how a dataset is split."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from rekognition_local.manifests import (
    Entry,
    ManifestFault,
    UseCase,
    check_picture,
    check_training,
    iterate_manifest,
    read_line,
    read_manifest,
    require_extension,
    split_for_test,
)
from rekognition_local.manifests import messages as words
from tests.rekognition_local.trays import ANPAN, MELON, SIZE, YAKISOBA, boxed_line, tagged_line

REF = "s3://komugi-breads/写真/1.jpg"
BOX = {"label": MELON, "left": 10, "top": 20, "width": 30, "height": 40}
Change = Callable[[dict[str, Any]], Any]


def _boxed(ref: str = REF, **box: Any) -> dict[str, Any]:
    return boxed_line(ref, [{**BOX, **box}])


def _text(line: Any) -> str:
    return json.dumps(line, ensure_ascii=False)


def _picture(size: tuple[int, int] = SIZE, kind: str = "JPEG", **more: Any) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, "white").save(content, kind, **more)
    return content.getvalue()


def _codes(entry: Entry, *path: str | int, finding: str = "errors") -> list[str]:
    place: Any = entry.line
    for step in path:
        place = place[step]
    return [error["code"] for error in place.get(finding, [])]


def _set(*path: Any, to: Any) -> Change:
    def change(line: dict[str, Any]) -> None:
        place: Any = line
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return change


def _drop(*path: Any) -> Change:
    def change(line: dict[str, Any]) -> None:
        place: Any = line
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change


BB, META = "bounding-box", "bounding-box-metadata"
FIRST = (BB, "annotations", 0)
METADATA_FORMAT = "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT"
ATTRIBUTE_FORMAT = "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT"
FINDINGS_OF_BOXES: list[tuple[str, Change, tuple[str | int, ...]]] = [
    ("ERROR_MISSING_SOURCE_REF", _drop("source-ref"), ()),
    ("ERROR_INVALID_SOURCE_REF_FORMAT", _set("source-ref", to="https://komugi.example/1.jpg"), ()),
    ("ERROR_INVALID_SOURCE_REF_FORMAT", _set("source-ref", to="s3://komugi-breads"), ()),
    ("ERROR_INVALID_SOURCE_REF_FORMAT", _set("source-ref", to=5), ()),
    ("ERROR_NO_LABEL_ATTRIBUTES", _drop(META), ()),
    ("ERROR_NO_LABEL_ATTRIBUTES", _drop(BB), ()),
    (ATTRIBUTE_FORMAT, _set(BB, to=[]), ()),
    (ATTRIBUTE_FORMAT, _drop(BB, "image_size"), (BB,)),
    (ATTRIBUTE_FORMAT, _set(BB, "image_size", 0, "width", to=0), (BB,)),
    (ATTRIBUTE_FORMAT, _set(BB, "annotations", to={}), (BB,)),
    (ATTRIBUTE_FORMAT, _set(*FIRST, "left", to=10.5), (BB,)),
    (ATTRIBUTE_FORMAT, _set(*FIRST, "width", to=True), (BB,)),
    (ATTRIBUTE_FORMAT, _drop(*FIRST, "class_id"), (BB,)),
    (METADATA_FORMAT, _set(META, to="boxes"), ()),
    (METADATA_FORMAT, _drop(META, "type"), (META,)),
    (METADATA_FORMAT, _drop(META, "human-annotated"), (META,)),
    (METADATA_FORMAT, _set(META, "creation-date", to="yesterday"), (META,)),
    (METADATA_FORMAT, _set(META, "class-map", to=["melon"]), (META,)),
    (METADATA_FORMAT, _drop(META, "objects"), (META,)),
    ("ERROR_NO_VALID_LABEL_ATTRIBUTES", _drop(META, "type"), ()),
    ("ERROR_MISSING_BOUNDING_BOX_CONFIDENCE", _set(META, "objects", to=[]), (META,)),
    ("ERROR_MISSING_BOUNDING_BOX_CONFIDENCE", _set(META, "objects", to=[{}]), (META,)),
    ("ERROR_MISSING_CLASS_MAP_ID", _set(*FIRST, "class_id", to=7), (META,)),
    ("ERROR_INVALID_BOUNDING_BOX", _set(*FIRST, "left", to=-1), FIRST),
    ("ERROR_INVALID_BOUNDING_BOX", _set(*FIRST, "left", to=SIZE[0] - 29), FIRST),
    ("ERROR_INVALID_BOUNDING_BOX", _set(*FIRST, "height", to=-4), FIRST),
    ("ERROR_BOUNDING_BOX_TOO_SMALL", _set(*FIRST, "width", to=1), FIRST),
    ("ERROR_BOUNDING_BOX_TOO_SMALL", _set(*FIRST, "height", to=0), FIRST),
    ("ERROR_NO_VALID_ANNOTATIONS", _set(*FIRST, "left", to=-1), (BB,)),
    ("ERROR_UNSUPPORTED_USE_CASE_TYPE", _set(META, "type", to="groundtruth/text"), (META,)),
    ("ERROR_INVALID_LABEL_NAME_LENGTH", _set(META, "class-map", "0", to="メ" * 256), (META,)),
    ("ERROR_INVALID_LABEL_NAME_LENGTH", _set(META, "class-map", "0", to=""), (META,)),
]  # fmt: skip
FINDINGS_OF_TAGS: list[tuple[str, Change, tuple[str | int, ...]]] = [
    (ATTRIBUTE_FORMAT, _set("kind", to="メロンパン"), ()),
    (METADATA_FORMAT, _drop("kind-metadata", "confidence"), ("kind-metadata",)),
    (METADATA_FORMAT, _drop("kind-metadata", "class-name"), ("kind-metadata",)),
    ("ERROR_INVALID_LABEL_NAME_LENGTH", _set("kind-metadata", "class-name", to="メ" * 256),
     ("kind-metadata",)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "change", "path"), FINDINGS_OF_BOXES)
def test_wrong_object_line_says_where_it_is_wrong(
    code: str, change: Change, path: tuple[str | int, ...]
) -> None:
    line = _boxed()
    change(line)

    entry = read_line(_text(line))

    assert code in _codes(entry, *path)
    assert entry.has_errors
    assert entry.is_invalid
    assert not entry.is_usable


@pytest.mark.parametrize(("code", "change", "path"), FINDINGS_OF_TAGS)
def test_wrong_image_level_line_says_where_it_is_wrong(
    code: str, change: Change, path: tuple[str | int, ...]
) -> None:
    line = tagged_line(REF, ANPAN)
    change(line)

    entry = read_line(_text(line))

    assert code in _codes(entry, *path)
    assert entry.is_invalid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "パン",
        "[]",
        "5",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        "[" * 9000,
        "{" + " " * 100_000 + "}",
    ],
)
def test_line_that_is_no_json_object_is_replaced_by_its_error(text: str) -> None:
    entry = read_line(text)

    assert entry.line == {"errors": [words.line_error("ERROR_INVALID_JSON_LINE")]}
    assert entry.is_invalid
    assert read_line(entry.text) == entry


@pytest.mark.parametrize(
    ("code", "change", "path"),
    [
        ("WARNING_NO_ANNOTATIONS", _set(BB, "annotations", to=[]), (BB,)),
        ("WARNING_NO_ATTRIBUTE_ANNOTATIONS", _drop(BB, "annotations"), (BB,)),
        ("WARNING_UNANNOTATED_RECORD", lambda line: (line.pop(BB), line.pop(META)), ()),
    ],
)  # fmt: skip
def test_line_without_labels_is_ignored_and_not_wrong(
    code: str, change: Change, path: tuple[str, ...]
) -> None:
    line = _boxed()
    line[META]["objects"] = []
    change(line)

    entry = read_line(_text(line))

    assert _codes(entry, *path, finding="warnings") == [code]
    assert (entry.is_ignored, entry.is_invalid, entry.has_errors) == (True, False, False)


def test_one_bad_box_is_dropped_and_the_others_stay() -> None:
    line = boxed_line(REF, [BOX, {**BOX, "label": ANPAN, "top": -3}])

    entry = read_line(_text(line))

    assert [box.label for box in entry.boxes] == [MELON]
    assert entry.has_errors
    assert entry.is_usable


def test_box_of_one_pixel_after_training_shrinks_the_picture_is_too_small() -> None:
    tall = boxed_line(REF, [{**BOX, "width": 2, "height": 3}], size=(2560, 1000))
    small = boxed_line(REF, [{**BOX, "width": 2, "height": 3}], size=(1280, 1000))

    assert _codes(read_line(_text(tall)), *FIRST) == ["ERROR_BOUNDING_BOX_TOO_SMALL"]
    assert read_line(_text(small)).is_usable


def test_fifty_boxes_are_taken_and_fifty_one_are_not() -> None:
    assert len(read_line(_text(boxed_line(REF, [BOX] * 50))).boxes) == 50
    assert _codes(read_line(_text(boxed_line(REF, [BOX] * 51))), BB) == ["ERROR_TOO_MANY_BOUNDING_BOXES"]


def test_label_of_two_hundred_fifty_five_characters_is_taken() -> None:
    assert read_line(_text(_boxed(label="メ" * 255))).is_usable


def test_findings_that_a_line_brings_along_are_made_anew() -> None:
    wrong = read_line(_text(_boxed(left=-1)))
    mended = {**wrong.line}
    mended[BB]["annotations"][0]["left"] = 1

    entry = read_line(_text(mended))

    assert (entry.has_errors, entry.line) == (False, _boxed(left=1))


def test_boxes_and_tags_of_one_line_are_both_read() -> None:
    entry = read_line(_text({**tagged_line(REF, ANPAN), **_boxed()}))

    assert entry.labels == {ANPAN, MELON}
    assert entry.labels_for(UseCase.OBJECT_LOCALIZATION) == {MELON}
    assert entry.labels_for(UseCase.IMAGE_LEVEL_LABELS) == {ANPAN}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "ERROR_INVALID_IMAGE"),
        (b"", "ERROR_INVALID_IMAGE"),
        (b"GIF89a", "ERROR_INVALID_IMAGE"),
        (_picture(kind="GIF"), "ERROR_INVALID_IMAGE"),
        (_picture()[:10], "ERROR_INVALID_IMAGE"),
        (_picture() + bytes(15 * 1024 * 1024), "ERROR_INVALID_IMAGE"),
        (_picture((63, 200)), "ERROR_INVALID_IMAGE_DIMENSION"),
        (_picture((4097, 400)), "ERROR_INVALID_IMAGE_DIMENSION"),
        (_picture((64 * 21, 64), "PNG"), "ERROR_INVALID_IMAGE_DIMENSION"),
    ],
)
def test_picture_that_cannot_be_learnt_from_spoils_its_line(content: bytes | None, code: str) -> None:
    box = {**BOX, "left": 0, "top": 0, "width": 20, "height": 20}
    boxed = check_picture(read_line(_text(boxed_line(REF, [box]))), content)
    tagged = check_picture(read_line(_text(tagged_line(REF, MELON))), content)

    assert _codes(boxed) == [code]
    # AWS reports dimensions for pictures with boxes only.
    assert _codes(tagged) == ["ERROR_INVALID_IMAGE"]
    assert not boxed.is_usable
    assert not tagged.is_usable


def test_picture_that_claims_to_be_huge_is_not_decoded() -> None:
    header = _picture((64, 64), "PNG")
    bomb = header[:16] + (60_000).to_bytes(4, "big") * 2 + header[24:]

    entry = check_picture(read_line(_text(_boxed())), bomb)

    assert not entry.is_usable


def test_boxes_are_held_against_the_picture_as_it_is() -> None:
    entry = read_line(_text(_boxed(left=200)))

    checked = check_picture(entry, _picture((200, 240)))

    assert entry.is_usable
    assert _codes(checked, *FIRST) == ["ERROR_INVALID_BOUNDING_BOX"]
    assert checked.image_size == (200, 240)


def test_picture_turned_by_its_exif_has_the_size_that_is_seen() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    checked = check_picture(read_line(_text(_boxed())), _picture((240, 320), exif=exif))

    assert checked.image_size == (320, 240)


def test_manifest_of_a_thousand_lines_loses_one_bad_line_only() -> None:
    lines = [_text(_boxed(f"s3://komugi-breads/{number}.jpg")) for number in range(1000)]
    lines[499] = lines[499][:-2]

    entries = read_manifest("\n".join(lines).encode())

    assert [index for index, entry in enumerate(entries) if entry.is_invalid] == [499]
    assert check_training(entries, entries).first_fault is None
    assert check_training(entries, None).training.error_indices == (500,)


def test_byte_order_mark_carriage_returns_and_blank_lines_are_passed_over() -> None:
    lines = [_text(_boxed("s3://b/1.jpg")), "", _text(_boxed("s3://b/2.jpg")), "  "]

    entries = read_manifest("\ufeff".encode() + "\r\n".join(lines).encode())

    assert [entry.source_ref for entry in entries] == ["s3://b/1.jpg", "s3://b/2.jpg"]
    assert all(entry.is_usable for entry in entries)


def test_line_of_broken_utf_8_spoils_itself_only() -> None:
    good = _text(_boxed()).encode()

    entries = read_manifest(good + b"\n" + good.replace("写".encode(), b"\xff") + b"\n")

    assert [_codes(entry) for entry in entries] == [[], ["ERROR_INVALID_JSON_LINE"]]


def test_first_of_two_lines_with_one_source_ref_is_taken() -> None:
    lines = [_text(_boxed()), _text(_boxed(label=ANPAN))]

    [entry] = read_manifest("\n".join(lines).encode())

    assert entry.labels == {MELON}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "ERROR_EMPTY_MANIFEST"),
        (b"\r\n \n", "ERROR_EMPTY_MANIFEST"),
        (b"\xff\xd8\xff\n\x00", "ERROR_MANIFEST_INACCESSIBLE_OR_UNSUPPORTED_FORMAT"),
        (_text(_boxed()).encode("utf-16"), "ERROR_MANIFEST_INACCESSIBLE_OR_UNSUPPORTED_FORMAT"),
        (b"{}\n" * 51, "ERROR_MANIFEST_ROWS_EXCEEDS_MAXIMUM"),
    ],
)
def test_file_that_is_no_manifest_is_refused_whole(content: bytes, code: str) -> None:
    with pytest.raises(ManifestFault) as caught:
        list(iterate_manifest(content, max_rows=50))

    assert caught.value.code == code
    assert caught.value.message == words.MANIFEST_MESSAGES[code]


def test_manifest_needs_an_extension() -> None:
    require_extension("manifests/train.jsonl")
    with pytest.raises(ManifestFault):
        require_extension("manifests.d/train")


def _entries(*labels: str, bucket: str = "b", start: int = 0) -> list[Entry]:
    """An entry with one box for every label."""
    return [
        read_line(_text(_boxed(f"s3://{bucket}/{start + number}.jpg", label=label)))
        for number, label in enumerate(labels)
    ]


def _bad(count: int) -> list[Entry]:
    return [read_line("no json")] * count


def _tagged(*labels: str) -> list[Entry]:
    return [
        read_line(_text(tagged_line(f"s3://b/t{number}.jpg", label))) for number, label in enumerate(labels)
    ]


@pytest.mark.parametrize(
    ("train", "test", "code"),
    [
        (_entries(*[MELON] * 8) + _bad(2), None, None),
        (_entries(*[MELON] * 7) + _bad(2), None, "ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST"),
        (_entries(MELON), _entries(MELON) + _bad(1), "ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST"),
        (_entries(MELON) + _entries(MELON, bucket="c"), None, "ERROR_IMAGES_IN_MULTIPLE_S3_BUCKETS"),
        ([read_line('{"source-ref": "s3://b/1.jpg"}')], None, "ERROR_MANIFEST_TOO_FEW_LABELS"),
        (_tagged(MELON, MELON), None, "ERROR_MANIFEST_TOO_FEW_LABELS"),
        (_tagged(MELON, ANPAN), None, None),
        (_tagged(MELON, MELON) + _entries(ANPAN), None, "ERROR_MANIFEST_TOO_FEW_USABLE_LABELS"),
        (_entries(*[f"パン{n}" for n in range(250)]), None, None),
        (_entries(*[f"パン{n}" for n in range(251)]), None, "ERROR_MANIFEST_TOO_MANY_LABELS"),
        (_entries(MELON), _entries(MELON, ANPAN), None),
        (_entries(MELON), _entries(MELON, ANPAN, YAKISOBA), "ERROR_INSUFFICIENT_LABEL_OVERLAP"),
        (
            _entries(MELON, MELON) + _tagged(ANPAN),
            _entries(ANPAN),
            "ERROR_INSUFFICIENT_USABLE_LABEL_OVERLAP",
        ),
    ],
)
def test_training_is_refused_with_the_code_of_its_manifests(
    train: list[Entry], test: list[Entry] | None, code: str | None
) -> None:
    fault = check_training(train, test).first_fault

    assert (fault and fault.code) == code


def test_use_case_is_that_of_the_most_lines() -> None:
    boxes, tags = _entries(MELON), _tagged(MELON, ANPAN)

    assert check_training(boxes + tags, None).use_case is UseCase.IMAGE_LEVEL_LABELS
    assert check_training(boxes * 2 + tags, None).use_case is UseCase.OBJECT_LOCALIZATION
    assert check_training(_bad(1), None).use_case is UseCase.NOT_DETERMINED


def test_fifth_goes_to_the_test_side_with_every_label_on_both() -> None:
    entries = _entries(*[MELON] * 60, *[ANPAN] * 38, *[YAKISOBA] * 2)

    train, test = split_for_test(entries, seed=3)

    assert (len(train), len(test)) == (80, 20)
    for side in (train, test):
        assert frozenset[str]().union(*(entry.labels for entry in side)) == {MELON, ANPAN, YAKISOBA}
    assert split_for_test(entries, seed=3) == (train, test)
    assert split_for_test(entries, seed=4) != (train, test)


def test_label_of_one_picture_stays_with_training() -> None:
    train, _ = split_for_test(_entries(*[MELON] * 9, *[ANPAN] * 9, YAKISOBA), seed=0)

    assert any(entry.labels == {YAKISOBA} for entry in train)


@pytest.mark.parametrize("entries", [_entries(MELON), [], _bad(5), _entries(MELON, ANPAN, YAKISOBA)])
def test_too_little_is_not_split(entries: list[Entry]) -> None:
    with pytest.raises(ManifestFault) as caught:
        split_for_test(entries, seed=0)

    assert caught.value.code == "ERROR_INSUFFICIENT_IMAGES_PER_LABEL_FOR_AUTOSPLIT"


def test_pictures_of_one_group_stay_on_one_side() -> None:
    entries = []
    for number in range(100):
        line = _boxed(f"s3://b/{number}.jpg")
        line[META]["group"] = f"トレー{number // 5}"
        entries.append(read_line(_text(line)))

    train, test = split_for_test(entries, seed=1)

    assert len(test) == 20
    assert not {entry.group for entry in train} & {entry.group for entry in test}


def test_every_documented_code_has_a_sentence() -> None:
    for table in (words.LINE_MESSAGES, words.WARNING_MESSAGES, words.MANIFEST_MESSAGES):
        assert all(
            code.startswith(("ERROR_", "WARNING_")) and text.endswith(".") for code, text in table.items()
        )

"""DetectCustomLabels: what is seen, which labels come back, and every picture that is refused."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from PIL import Image, PngImagePlugin

from rekognition_local.pictures import MAX_BYTES, MAX_S3_BYTES
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Quotas, Settings
from tests.rekognition_local.local import BUCKET, FIXED, Local, error_of, message_of
from tests.rekognition_local.trays import LABELS, fill_bucket, jpeg, tray

JPEG = b"\xff\xd8\xff picture"


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def plain(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is very large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A server of this module's own: its model is trained once and runs throughout."""
    folder = tmp_path_factory.mktemp("eyes")
    fill_bucket(folder / "s3" / BUCKET)
    settings = Settings(
        data_dir=folder / "data",
        buckets=folder / "s3",
        port=0,
        clock=ClockMode.MANUAL,
        durations=FIXED,
        quotas=Quotas().without_tps(),
        control=True,
    )
    with serve(settings) as server:
        local = Local(server, folder / "s3")
        yield local
        local.close()


@pytest.fixture(scope="module")
def running(eyes: Local) -> str:
    arn = eyes.trained_version()
    eyes.run(arn)
    return arn


def overlap(one: dict[str, float], other: dict[str, float]) -> float:
    across = min(one["Left"] + one["Width"], other["Left"] + other["Width"]) - max(one["Left"], other["Left"])
    down = min(one["Top"] + one["Height"], other["Top"] + other["Height"]) - max(one["Top"], other["Top"])
    shared = max(0.0, across) * max(0.0, down)
    return shared / (one["Width"] * one["Height"] + other["Width"] * other["Height"] - shared)


def test_breads_of_an_unseen_tray_are_named_where_they_lie(eyes: Local, running: str) -> None:
    pixels, boxes = tray(1234)

    found = eyes.see(running, jpeg(pixels), MinConfidence=50)

    assert sorted(each["Name"] for each in found) == sorted(LABELS)
    for box in boxes:
        (match,) = (each for each in found if each["Name"] == box["label"])
        truth = {
            "Left": box["left"] / 320,
            "Top": box["top"] / 240,
            "Width": box["width"] / 320,
            "Height": box["height"] / 240,
        }
        assert overlap(match["Geometry"]["BoundingBox"], truth) >= 0.5


def test_picture_in_a_bucket_is_seen_as_one_in_the_request(eyes: Local, running: str) -> None:
    content = eyes.buckets.joinpath(BUCKET, "trays/3.jpg").read_bytes()
    place = {"S3Object": {"Bucket": BUCKET, "Name": "trays/3.jpg"}}

    found = eyes.aws.detect_custom_labels(ProjectVersionArn=running, Image=place, MinConfidence=0)

    assert found["CustomLabels"] == eyes.see(running, content, MinConfidence=0) != []


def test_without_min_confidence_every_label_has_its_own_threshold(eyes: Local, running: str) -> None:
    thresholds = eyes.thresholds_of(running)
    everything = [
        each for seed in range(8) for each in eyes.see(running, jpeg(tray(seed)[0]), MinConfidence=0)
    ]
    usual = [each for seed in range(8) for each in eyes.see(running, jpeg(tray(seed)[0]))]

    assert usual == [each for each in everything if each["Confidence"] >= thresholds[each["Name"]]]
    assert 0 < len(usual) < len(everything)


def test_min_confidence_is_one_number_for_all_labels(eyes: Local, running: str) -> None:
    picture = jpeg(tray(5)[0])
    everything = eyes.see(running, picture, MinConfidence=0)
    middle = everything[len(everything) // 2]["Confidence"]

    found = eyes.see(running, picture, MinConfidence=middle)

    assert found == [each for each in everything if each["Confidence"] >= middle]
    assert eyes.see(running, picture, MinConfidence=100) == []


def test_most_confident_labels_come_first_and_no_more_than_asked(eyes: Local, running: str) -> None:
    picture = jpeg(tray(5)[0])
    everything = eyes.see(running, picture, MinConfidence=0)

    assert everything == sorted(everything, key=lambda each: -each["Confidence"])
    assert eyes.see(running, picture, MinConfidence=0, MaxResults=2) == everything[:2]
    assert eyes.see(running, picture, MinConfidence=0, MaxResults=0) == []


def test_model_that_does_not_run_is_not_ready(local: Local, refused: Callable[..., str]) -> None:
    code = refused(local.aws.detect_custom_labels, ProjectVersionArn=local.version(), Image={"Bytes": JPEG})

    assert code == "ResourceNotReadyException"


def test_seeded_model_says_that_it_cannot_see(local: Local) -> None:
    arn = local.running_version()

    with pytest.raises(ClientError, match="so it cannot see") as caught:
        local.aws.detect_custom_labels(ProjectVersionArn=arn, Image={"Bytes": JPEG})

    assert "RUNNING" in message_of(caught.value)


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b" ", "InvalidImageFormatException"),
    "gif": (encoded(plain(80, 80), "GIF"), "InvalidImageFormatException"),
    "webp": (encoded(plain(80, 80), "WEBP"), "InvalidImageFormatException"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "InvalidImageFormatException"),
    "no jpeg inside": (JPEG, "InvalidImageFormatException"),
    "truncated jpeg": (jpeg(tray(0)[0])[:3000], "InvalidImageFormatException"),
    "truncated png": (encoded(Image.fromarray(tray(0)[0]))[:9000], "InvalidImageFormatException"),
    "png bomb": (bomb(60_000, 60_000), "ImageTooLargeException"),
    "png without pixels": (bomb(200, 200), "InvalidImageFormatException"),
    "4097 px": (encoded(plain(4097, 400)), "ImageTooLargeException"),
    "63 px": (encoded(plain(63, 200)), "InvalidParameterException"),
    "21:1": (encoded(plain(21 * 64, 64)), "InvalidParameterException"),
    "over 4 MB": (JPEG.ljust(MAX_BYTES + 1), "ImageTooLargeException"),
    "over 5 MB": (JPEG.ljust(5 * 1024 * 1024 + 1), "InvalidParameterException"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_picture_that_cannot_be_used_is_refused(
    eyes: Local, running: str, refused: Callable[..., str], name: str
) -> None:
    content, expected = REFUSED[name]

    code = refused(eyes.aws.detect_custom_labels, ProjectVersionArn=running, Image={"Bytes": content})

    assert code == expected


@pytest.mark.parametrize(
    "image",
    [{}, {"Bytes": JPEG, "S3Object": {"Bucket": "photos", "Name": "tray.jpg"}}],
    ids=["nothing", "both"],
)
def test_exactly_one_picture_is_looked_at(
    eyes: Local, running: str, refused: Callable[..., str], image: dict[str, Any]
) -> None:
    code = refused(eyes.aws.detect_custom_labels, ProjectVersionArn=running, Image=image)

    assert code == "InvalidParameterException"


def test_empty_body_is_refused_by_the_server_too(eyes: Local, running: str) -> None:
    with pytest.raises(ClientError) as caught:
        eyes.client(validates=False).detect_custom_labels(ProjectVersionArn=running, Image={"Bytes": b""})

    assert error_of(caught.value) == "InvalidParameterException"


def _turned(pixels: np.ndarray) -> bytes:
    """The picture stored on its side, with an EXIF note that says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(Image.fromarray(np.rot90(pixels)), "JPEG", quality=95, exif=exif)


ODD: dict[str, Callable[[np.ndarray], bytes]] = {
    "png": lambda pixels: encoded(Image.fromarray(pixels)),
    "turned by EXIF": _turned,
    "CMYK": lambda pixels: encoded(Image.fromarray(pixels).convert("CMYK"), "JPEG", quality=95),
    "palette": lambda pixels: encoded(Image.fromarray(pixels).quantize(200)),
    "transparent": lambda pixels: encoded(Image.fromarray(pixels).convert("RGBA")),
    "progressive": lambda pixels: encoded(Image.fromarray(pixels), "JPEG", progressive=True, quality=95),
    "animated": lambda pixels: encoded(
        Image.fromarray(pixels), save_all=True, append_images=[Image.new("RGB", (320, 240))]
    ),
    "with text": lambda pixels: encoded(Image.fromarray(pixels), pnginfo=_long_text()),
}


def _long_text() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("comment", "パン" * 1000, zip=True)
    return info


@pytest.mark.parametrize("kind", ODD)
def test_unusual_picture_is_seen_as_it_looks(eyes: Local, running: str, kind: str) -> None:
    pixels, _ = tray(77)

    found = eyes.see(running, ODD[kind](pixels), MinConfidence=50)

    assert sorted(each["Name"] for each in found) == sorted(LABELS)


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray((np.arange(300 * 200, dtype=np.uint32).reshape(200, 300) % 65536).astype(np.uint16)),
        plain(300, 200, "L"),
        plain(300, 200, "1"),
        plain(64, 64),
        plain(1280, 64),
    ],
    ids=["16 bits", "gray", "black and white", "64 px", "20:1"],
)
def test_picture_within_the_limits_is_taken(eyes: Local, running: str, image: Image.Image) -> None:
    assert isinstance(eyes.see(running, encoded(image)), list)


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        (BUCKET, "trays/nothing.jpg"),
        ("no-such-bucket", "tray.jpg"),
        (BUCKET, "../komugi-breads/trays/0.jpg"),
        (BUCKET, "trays"),
        ("osaka-breads", "tray.jpg"),
    ],
    ids=["no object", "no bucket", "way out", "not readable", "other region"],
)
def test_object_that_cannot_be_read_is_refused(
    eyes: Local, running: str, refused: Callable[..., str], bucket: str, key: str
) -> None:
    elsewhere: Path = eyes.buckets / "osaka-breads"
    elsewhere.mkdir(exist_ok=True)
    elsewhere.joinpath(".region").write_text("ap-northeast-3\n")
    elsewhere.joinpath("tray.jpg").write_bytes(jpeg(tray(0)[0]))

    image = {"S3Object": {"Bucket": bucket, "Name": key}}

    assert refused(eyes.aws.detect_custom_labels, ProjectVersionArn=running, Image=image) == (
        "InvalidS3ObjectException"
    )


def test_object_over_15_mb_is_too_large(eyes: Local, running: str, refused: Callable[..., str]) -> None:
    eyes.buckets.joinpath(BUCKET, "large.jpg").write_bytes(JPEG.ljust(MAX_S3_BYTES + 1))
    image = {"S3Object": {"Bucket": BUCKET, "Name": "large.jpg"}}

    code = refused(eyes.aws.detect_custom_labels, ProjectVersionArn=running, Image=image)

    assert code == "ImageTooLargeException"


def test_unknown_version_is_not_found(local: Local, refused: Callable[..., str]) -> None:
    arn = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/version/v9/1"

    code = refused(local.aws.detect_custom_labels, ProjectVersionArn=arn, Image={"Bytes": JPEG})

    assert code == "ResourceNotFoundException"


def test_more_than_the_units_can_answer_is_refused_and_the_rest_answered(eyes: Local, running: str) -> None:
    picture = jpeg(np.random.default_rng(1).integers(0, 255, (768, 1024, 3), dtype=np.uint8))

    def ask(_: int) -> str:
        try:
            eyes.see(running, picture)
        except ClientError as error:
            return error_of(error)
        return "answered"

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(ask, range(20)))

    assert set(answers) == {"answered", "ProvisionedThroughputExceededException"}
    assert answers.count("answered") >= 9

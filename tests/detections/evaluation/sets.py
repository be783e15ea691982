"""Random sets of pictures with every trap of detection scoring, and how the oracles want them."""

from __future__ import annotations

from random import Random
from typing import Any

from detections.domain.evaluation.matching import Found, Picture, Truth
from detections.domain.places import Box

LABELS = ("anpan", "melon", "curry", "salt", "only-true", "only-found")
SIDE = 1024
"""Boxes lie on 1/1024 of the picture, so that shares and pixels are the same numbers."""


def random_set(seed: int, pictures: int = 8) -> list[Picture]:
    """Pictures with ties, look-alikes, empty sides, exact halves, off-frame boxes and confidences 0 and 1."""
    random = Random(seed)
    found = [_picture(random) for _ in range(pictures)]
    return [*found, *_traps(random)]


def apart_set(seed: int, pictures: int = 60) -> list[Picture]:
    """Breads side by side, each found at most once: here class-agnostic matching is COCO's."""
    random, found = Random(seed), []
    for _ in range(pictures):
        truths, seen = [], []
        for cell in random.sample(range(16), random.randrange(2, 14)):
            place = box(cell % 4 * 256 + 20, cell // 4 * 256 + 20, random.randrange(120, 200), 160)
            label = random.choice(LABELS[:5])
            if random.random() < 0.9:
                truths.append(Truth(label, place))
            if random.random() < 0.9:
                named = label if random.random() < 0.85 else random.choice(LABELS[:5])
                seen.append(Found(named, random.random(), _shifted(random, place)))
        found.append(Picture(tuple(truths), tuple(seen)))
    return found


def box(left: float, top: float, width: float, height: float) -> Box:
    return Box(left / SIDE, top / SIDE, width / SIDE, height / SIDE)


def _picture(random: Random) -> Picture:
    truths = [Truth(random.choice(LABELS[:5]), _box(random)) for _ in range(random.randrange(9))]
    found = []
    for truth in truths:
        for _ in range(random.choice((0, 1, 1, 1, 2))):
            label = truth.label if random.random() < 0.8 else random.choice(LABELS)
            found.append(Found(label, _score(random), _shifted(random, truth.box)))
    found += [Found(random.choice(LABELS), _score(random), _box(random)) for _ in range(random.randrange(4))]
    random.shuffle(found)
    return Picture(tuple(truths), tuple(found))


def _traps(random: Random) -> list[Picture]:
    square, right = box(100, 100, 64, 64), box(164, 100, 64, 64)
    half = box(100, 100, 64, 32)
    many = [Found("anpan", random.random(), _box(random)) for _ in range(130)]
    return [
        Picture((), ()),
        Picture((Truth("anpan", square),), ()),
        Picture((), (Found("anpan", 0.7, square),)),
        Picture((Truth("anpan", square), Truth("anpan", square)), (Found("anpan", 0.7, square),)),
        Picture((Truth("anpan", square),), (Found("anpan", 0.7, square), Found("anpan", 0.7, square))),
        Picture((Truth("anpan", square),), (Found("melon", 0.9, square), Found("anpan", 0.5, half))),
        Picture((Truth("melon", square), Truth("melon", right)), (Found("melon", 1, box(132, 100, 64, 64)),)),
        Picture((Truth("salt", box(1000, 1000, 48, 48)),), (Found("salt", 0.0, box(1000, 1000, 48, 48)),)),
        Picture((Truth("curry", square), Truth("curry", half)), (Found("curry", 0.4, half),)),
        Picture(tuple(Truth("anpan", _box(random)) for _ in range(51)), tuple(many)),
    ]


def _box(random: Random) -> Box:
    width, height = random.randrange(40, 300), random.randrange(40, 300)
    return box(random.randrange(SIDE - 40), random.randrange(SIDE - 40), width, height)


def _shifted(random: Random, one: Box) -> Box:
    reach = random.choice((4, 20, 60))
    sides = [random.randrange(-reach, reach + 1) / SIDE for _ in range(4)]
    return Box(
        one.left + sides[0], one.top + sides[1],
        max(1 / SIDE, one.width + sides[2]), max(1 / SIDE, one.height + sides[3]),
    )  # fmt: skip


def _score(random: Random) -> float:
    """Few distinct values, so that many are equal."""
    return random.choice((0.0, 1.0, random.randrange(20) / 20, random.random()))


def as_coco(pictures: list[Picture]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return (dataset, results). Ids begin at 1: pycocotools takes an annotation 0 for no match."""
    category = {label: number for number, label in enumerate(LABELS, start=1)}
    annotations, results = [], []
    for image, picture in enumerate(pictures, start=1):
        for truth in picture.truths:
            one = {"id": len(annotations) + 1, "image_id": image, "category_id": category[truth.label]}
            annotations.append({**one, **_sides(truth.box), "iscrowd": 0})
        for each in picture.found:
            one = {"image_id": image, "category_id": category[each.label], "score": each.score}
            results.append({**one, **_sides(each.box)})
    images = [{"id": n, "width": SIDE, "height": SIDE} for n in range(1, len(pictures) + 1)]
    categories = [{"id": number, "name": label} for label, number in category.items()]
    return {"info": {}, "images": images, "annotations": annotations, "categories": categories}, results


def _sides(one: Box) -> dict[str, Any]:
    sides = [one.left * SIDE, one.top * SIDE, one.width * SIDE, one.height * SIDE]
    return {"bbox": sides, "area": sides[2] * sides[3]}

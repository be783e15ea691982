"""A training process: `python -m rekognition_local.training.worker FOLDER`.

It reads FOLDER/job.json, trains, tests, writes AWS's result files into the output bucket and, last of all and
in one move, FOLDER/result.json. Killed before that, it has done nothing that counts; begun again, it does the
same again.
"""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from rekognition_local import children
from rekognition_local.buckets import open_buckets
from rekognition_local.manifests import ManifestFault
from rekognition_local.training.course import Course, Refused, train
from rekognition_local.training.hand import RESULT, SPEC

log = logging.getLogger(__name__)

_NICENESS = 5


def main(folder: Path) -> None:
    children.end_with_parent()
    # Detection goes on beside a training; registers wait, a training need not hurry.
    os.nice(_NICENESS)
    spec = json.loads((folder / SPEC).read_text(encoding="utf-8"))
    result = _result(spec)
    draft = folder / f"{RESULT}.draft"
    draft.write_text(json.dumps(result), encoding="utf-8")
    draft.replace(folder / RESULT)


def _result(spec: dict[str, Any]) -> dict[str, Any]:
    buckets = spec.pop("buckets")
    shelves = open_buckets(folder=Path(buckets) if buckets else None, endpoint=spec.pop("s3_endpoint"))
    try:
        return train(Course.from_spec(spec, shelves), watch=_tell)
    except Refused as refusal:
        return {"failure": str(refusal), "facts": refusal.facts}
    except ManifestFault as fault:
        return {"failure": str(fault)}


def _tell(done: float) -> None:
    print(f"{done:.3f}", flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    main(Path(sys.argv[1]))

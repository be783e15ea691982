"""How long scoring takes beside pycocotools on the same boxes, and a move of the simulator's slider.

python bench/scores.py [--pictures 2000]

The ratio holds on any machine. The slider runs in Node.js, where there is one: 100,000 pairs of 40 breads.
"""

import argparse
import contextlib
import io
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from detections.domain.evaluation.comparison import compare  # noqa: E402
from detections.domain.evaluation.figures import average_precision, curves  # noqa: E402
from tests.detections.evaluation.sets import as_coco, random_set  # noqa: E402

SLIDER = """
import {{ outcome, prepared }} from "{script}";
const labels = Array.from({{ length: 40 }}, () => {{
  const scores = Array.from({{ length: 2500 }}, () => Math.random() * 100).sort((a, b) => b - a);
  const hits = scores.map(() => (Math.random() < 0.7 ? 1 : 0));
  return prepared({{ scores, hits, truths: 2000, threshold: 80 }});
}});
const thresholds = labels.map(() => 80), taken = [];
for (let move = 0; move < 1000; move += 1) {{
  const began = performance.now();
  thresholds[move % 40] = Math.random() * 100;
  outcome(labels, thresholds, 1, 10000);
  taken.push(performance.now() - began);
}}
taken.sort((a, b) => a - b);
console.log(`slider, 100,000 pairs: median ${{taken[500].toFixed(3)}} ms, p99 ${{taken[990].toFixed(3)}} ms`);
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=2_000)
    pictures = random_set(1, parser.parse_args().pictures)
    boxes = sum(len(each.found) for each in pictures)
    ours = fastest(lambda: [average_precision(each) for each in curves(pictures).values()])
    theirs = fastest(lambda: oracle(pictures))
    print(f"{len(pictures):,} pictures, {boxes:,} findings: {ours:.0f} ms, pycocotools {theirs:.0f} ms, "
          f"ratio {ours / theirs:.2f}")  # fmt: skip
    both = fastest(
        lambda: compare(
            pictures,
            pictures,
            old_threshold=lambda _: 0.5,
            new_threshold=lambda _: 0.4,
            seed=1,
            resamples=200,
        ),
        times=1,
    )
    print(f"comparison with 200 resamples: {both:.0f} ms")
    if node := shutil.which("node"):
        script = (PROJECT / "static/kamado/review/simulator.js").as_uri()
        program = SLIDER.format(script=script)
        subprocess.run([node, "--input-type=module", "-e", program], check=True)


def oracle(pictures: Any) -> None:
    import numpy as np
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    dataset, results = as_coco(pictures)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = dataset
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(results), "bbox")
        judge.params.iouThrs, judge.params.maxDets = np.array([0.5]), [100]
        judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
        judge.evaluate()
        judge.accumulate()


def fastest(work: Callable[[], object], times: int = 3) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begun))
    return min(taken)


if __name__ == "__main__":
    main()

// Run by test_review_geometry.py: node --test
import assert from "node:assert/strict";
import { test } from "node:test";

import { countsAt, keptAt, outcome, prepared } from "../../static/kamado/review/simulator.js";

const label = prepared({ scores: [90, 80, 80, 60, 10], hits: [1, 0, 1, 1, 0], truths: 4, threshold: 70 });

test("a score at the threshold is kept", () => {
  assert.deepEqual([95, 90, 80, 60.1, 0].map((each) => keptAt(label.scores, each)), [0, 1, 3, 3, 5]);
});
test("counts at a threshold are those of the list cut there", () => {
  assert.deepEqual(countsAt(label, 70), { tp: 2, fp: 1, fn: 2, asked: 0, wrongSure: 1 });
  assert.deepEqual(countsAt(label, 0), { tp: 3, fp: 2, fn: 1, asked: 0, wrongSure: 2 });
});
test("every threshold agrees with counting one by one", () => {
  const scores = Array.from({ length: 500 }, (_, n) => ((n * 7919) % 1000) / 10).sort((a, b) => b - a);
  const hits = scores.map((_, n) => (n * 31) % 3 === 0 ? 1 : 0);
  const one = prepared({ scores, hits, truths: 400, threshold: 50 });
  for (let threshold = 0; threshold <= 100; threshold += 0.7) {
    const kept = scores.filter((each) => each >= threshold).length;
    const tp = hits.slice(0, kept).reduce((a, b) => a + b, 0);
    const { tp: ours, fp, fn } = countsAt(one, threshold);
    assert.deepEqual([ours, fp, fn], [tp, kept - tp, 400 - tp]);
  }
});
test("outcomes are told per thousand trays, what is asked is no wrong charge", () => {
  const said = outcome([label], [70], 15, 100);
  assert.deepEqual([said.questions, said.wrong, said.missed], [20, 0, 20]);
});

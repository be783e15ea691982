// Run by test_review_geometry.py: node --test
import assert from "node:assert/strict";
import { test } from "node:test";

import { alone, clip, fromCorners, hit, iou, LEAST, moved, nextBest, nextBox, resized } from "../../static/kamado/review/geometry.js";

const near = (got, wanted) => got.forEach((value, place) => assert.ok(Math.abs(value - wanted[place]) < 1e-9, `${got}`));

test("a box is clipped to the picture", () => near(clip([-0.1, 0.9, 0.3, 0.3]), [0, 0.9, 0.2, 0.1]));
test("corners make a box whichever came first", () => {
  near(fromCorners({ x: 0.6, y: 0.2 }, { x: 0.1, y: 0.5 }), [0.1, 0.2, 0.5, 0.3]);
});
test("a box moves with its size and stays inside", () => {
  near(moved([0.1, 0.1, 0.3, 0.3], 0.2, -0.5), [0.3, 0, 0.3, 0.3]);
  near(moved([0.5, 0.5, 0.3, 0.3], 9, 9), [0.7, 0.7, 0.3, 0.3]);
});
test("each handle moves its own sides only", () => {
  near(resized([0.2, 0.2, 0.4, 0.4], "se", 0.1, 0.1), [0.2, 0.2, 0.5, 0.5]);
  near(resized([0.2, 0.2, 0.4, 0.4], "nw", 0.1, 0.1), [0.3, 0.3, 0.3, 0.3]);
  near(resized([0.2, 0.2, 0.4, 0.4], "n", 0.1, 0.1), [0.2, 0.3, 0.4, 0.3]);
});
test("a side never passes the opposite one", () => {
  near(resized([0.2, 0.2, 0.4, 0.4], "w", 0.9, 0), [0.6 - LEAST, 0.2, LEAST, 0.4]);
});
test("a box inside another is hit first, the selected one before all", () => {
  const boxes = [[0, 0, 1, 1], [0.4, 0.4, 0.2, 0.2]];
  assert.equal(hit(boxes, { x: 0.5, y: 0.5 }, -1), 1);
  assert.equal(hit(boxes, { x: 0.5, y: 0.5 }, 0), 0);
  assert.equal(hit(boxes, { x: 0.1, y: 0.1 }, 1), 0);
  assert.equal(hit([boxes[1]], { x: 0.1, y: 0.1 }, -1), -1);
});
test("Tab goes from the largest to the smallest and round", () => {
  const boxes = [[0, 0, 0.1, 0.1], [0, 0, 0.5, 0.5], [0, 0, 0.3, 0.3]];
  assert.equal(nextBox(boxes, -1, 1), 1);
  assert.equal(nextBox(boxes, 1, 1), 2);
  assert.equal(nextBox(boxes, 0, 1), 1);
  assert.equal(nextBox(boxes, 1, -1), 0);
  assert.equal(nextBox([], -1, 1), -1);
});
test("overlap is that of the server", () => {
  assert.equal(iou([0, 0, 0.5, 0.5], [0, 0, 0.5, 0.25]), 0.5);
  assert.equal(iou([0, 0, 0.1, 0.1], [0.5, 0.5, 0.1, 0.1]), 0);
});
test("what the model saw next on this place, surest first, each once", () => {
  const box = [0.1, 0.1, 0.2, 0.2];
  const raw = [["a", 90], ["b", 20], ["c", 40], ["b", 30]].map(([label, confidence]) => ({ label, confidence, box }));
  raw.push({ label: "far", confidence: 99, box: [0.7, 0.7, 0.2, 0.2] });
  assert.deepEqual(nextBest(raw, box, "a"), [{ label: "c", confidence: 40 }, { label: "b", confidence: 30 }]);
});
test("a box stands alone where the other answer has none of its label on its place", () => {
  const melon = { label: "melon", box: [0.1, 0.1, 0.2, 0.2] }, far = { label: "melon", box: [0.7, 0.7, 0.2, 0.2] };
  assert.deepEqual(alone([melon, far], [{ label: "melon", box: [0.11, 0.1, 0.2, 0.2] }]), [far]);
  assert.deepEqual(alone([melon], [{ label: "anpan", box: melon.box }]), [melon]);
});

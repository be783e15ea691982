// Run by test_review_geometry.py: node --test
import assert from "node:assert/strict";
import { test } from "node:test";

import { alone, clip, fromCorners, hit, iou, LEAST, moved, nextBest, nextBox, pinched, resized } from "../../static/kamado/review/geometry.js";

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

// A stage of 400 × 300 pixels shows a picture of 800 × 600: two of its pixels on one of the screen.
const stage = { view: { x: 0, y: 0, width: 800, height: 600 }, unit: 2, centre: { x: 200, y: 150 }, least: 80, most: 800 };
const sides = ({ x, y, width, height }) => [x, y, width, height];
const fingers = (x, y, apart) => [{ x: x - apart / 2, y }, { x: x + apart / 2, y }];
test("fingers that rest change nothing", () => {
  near(sides(pinched({ ...stage, from: fingers(90, 70, 60) }, fingers(90, 70, 60))), [0, 0, 800, 600]);
});
test("what lies between the fingers stays there while they part", () => {
  const view = pinched({ ...stage, from: fingers(300, 75, 50) }, fingers(300, 75, 100));
  near(sides(view), [300, 75, 400, 300]);
  assert.equal((600 - view.x) / view.width, 300 / 400); // picture pixel 600 lay, and lies, at 300 of 400
});
test("two fingers that move together pan", () => {
  const near2 = { ...stage, view: { x: 200, y: 150, width: 400, height: 300 }, unit: 1 };
  near(sides(pinched({ ...near2, from: fingers(200, 150, 80) }, fingers(230, 140, 80))), [170, 160, 400, 300]);
});
test("pinching ends at the whole photo and at the nearest view", () => {
  assert.equal(pinched({ ...stage, from: fingers(200, 150, 100) }, fingers(200, 150, 10)).width, 800);
  assert.equal(pinched({ ...stage, from: fingers(200, 150, 10) }, fingers(200, 150, 390)).width, 80);
  assert.equal(pinched({ ...stage, from: fingers(200, 150, 10) }, fingers(200, 150, 0)).width, 800);
});

// Boxes as [left, top, width, height] in shares of the picture. Pure; tested by tests/detections/geometry.test.mjs.
export const LEAST = 0.004;
const within = (value, low, high) => Math.min(high, Math.max(low, value));

export function clip([left, top, width, height]) {
  const x = within(left, 0, 1), y = within(top, 0, 1);
  return [x, y, within(left + width, 0, 1) - x, within(top + height, 0, 1) - y];
}

export function fromCorners(a, b) {
  return clip([Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y)]);
}

export function moved([left, top, width, height], dx, dy) {
  return [within(left + dx, 0, 1 - width), within(top + dy, 0, 1 - height), width, height];
}

// `handle` names sides: "n", "se", …; a side never passes the opposite one.
export function resized([left, top, width, height], handle, dx, dy) {
  let right = left + width, bottom = top + height;
  if (handle.includes("w")) left = within(left + dx, 0, right - LEAST);
  if (handle.includes("e")) right = within(right + dx, left + LEAST, 1);
  if (handle.includes("n")) top = within(top + dy, 0, bottom - LEAST);
  if (handle.includes("s")) bottom = within(bottom + dy, top + LEAST, 1);
  return [left, top, right - left, bottom - top];
}

export const area = ([, , width, height]) => width * height;
export const isDrawn = (box) => box[2] >= LEAST && box[3] >= LEAST;

export function iou(a, b) {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared ? shared / (area(a) + area(b) - shared) : 0;
}

const holds = ([left, top, width, height], { x, y }) =>
  x >= left && x <= left + width && y >= top && y <= top + height;

// The selected box wins, then the smallest: so a box inside another can be reached.
export function hit(boxes, point, selected) {
  if (boxes[selected] && holds(boxes[selected], point)) return selected;
  const found = boxes.map((box, index) => index).filter((index) => holds(boxes[index], point));
  return found.sort((a, b) => area(boxes[a]) - area(boxes[b]))[0] ?? -1;
}

// Largest first, as one looks at a tray; round and round.
export function nextBox(boxes, selected, step) {
  const order = boxes.map((box, index) => index).sort((a, b) => area(boxes[b]) - area(boxes[a]) || a - b);
  if (!order.length) return -1;
  const place = order.indexOf(selected);
  return order[place < 0 ? (step > 0 ? 0 : order.length - 1) : (place + step + order.length) % order.length];
}

// The boxes of one answer that have no partner of the same label in another.
export function alone(boxes, others) {
  return boxes.filter((each) => !others.some((other) => other.label === each.label && iou(other.box, each.box) >= 0.5));
}

// Other labels that the model saw on this place, surest first.
export function nextBest(raw, box, label, most = 3) {
  const best = new Map();
  for (const each of raw) {
    if (each.label !== label && iou(each.box, box) >= 0.4)
      best.set(each.label, Math.max(best.get(each.label) ?? 0, each.confidence));
  }
  return [...best].sort((a, b) => b[1] - a[1]).slice(0, most).map(([name, confidence]) => ({ label: name, confidence }));
}

// The box editor: an SVG over the picture, pointer events for mouse, pen and touch. It knows boxes, not reviews.
import { clip, fromCorners, hit, isDrawn, moved, nextBox, resized } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";
const HANDLES = { nw: [0, 0], n: [0.5, 0], ne: [1, 0], e: [1, 0.5], se: [1, 1], s: [0.5, 1], sw: [0, 1], w: [0, 0.5] };
const LONGEST_ZOOM = 12;
const AGAIN_MS = 1000;

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

export class Editor {
  // `changed(before)` is called after every change by hand with the boxes as they were, `seen` once the picture is there.
  constructor(svg, { changed, selected, seen, nameOf, labelForNew }) {
    Object.assign(this, { svg, changed, onSelected: selected, nameOf, labelForNew });
    this.image = element("image", { preserveAspectRatio: "none" }, svg);
    this.image.addEventListener("load", () => this.#show(seen));
    this.image.addEventListener("error", () => { this.again = setTimeout(() => this.#load(), AGAIN_MS); });
    this.near = element("g", { class: "v-near" }, svg);
    this.layer = element("g", {}, svg);
    this.boxes = [];
    this.selected = -1;
    this.isDrawing = false;
    this.showsNear = true;
    this.zoom = 1;
    svg.addEventListener("pointerdown", (event) => this.#down(event));
    svg.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, (event) => this.#up(event));
    svg.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  open({ picture, width, height, boxes, near }) {
    const scale = this.zoom;
    Object.assign(this, { picture, width, height, selected: -1, isDrawing: false, drag: null });
    this.#load();
    this.image.setAttribute("width", width);
    this.image.setAttribute("height", height);
    this.nearBoxes = near;
    this.boxes = boxes.map((each) => ({ ...each, box: [...each.box] }));
    if (scale === 1 || !this.view) this.view = { x: 0, y: 0, width, height };
    this.draw();
  }

  get isSeen() {
    return Boolean(this.svg.dataset.seen);
  }

  copy() {
    return this.boxes.map((each) => ({ label: each.label, box: [...each.box] }));
  }

  put(boxes, selected = -1) {
    this.boxes = boxes.map((each) => ({ label: each.label, box: [...each.box] }));
    this.select(Math.min(selected, this.boxes.length - 1));
  }

  select(index) {
    this.selected = index;
    this.draw();
    this.onSelected(this.boxes[index] ?? null);
  }

  step(by) {
    this.select(nextBox(this.boxes.map((each) => each.box), this.selected, by));
  }

  change(work) {
    const before = this.copy();
    work();
    this.draw();
    this.onSelected(this.boxes[this.selected] ?? null);
    this.changed(before);
  }

  relabel(label) {
    if (this.boxes[this.selected]) this.change(() => { this.boxes[this.selected].label = label; });
  }

  remove() {
    if (!this.boxes[this.selected]) return;
    this.change(() => {
      this.boxes.splice(this.selected, 1);
      this.selected = -1;
    });
  }

  nudge(dx, dy, { resizes = false, by = 1 } = {}) {
    const one = this.boxes[this.selected];
    if (!one) return;
    const [x, y] = [(dx * by) / this.width, (dy * by) / this.height];
    this.change(() => { one.box = resizes ? resized(one.box, "se", x, y) : moved(one.box, x, y); });
  }

  arm(isOn = true) {
    this.isDrawing = isOn;
    this.svg.classList.toggle("v-drawing", isOn);
  }

  hide(isHidden) {
    this.svg.classList.toggle("v-bare", isHidden);
  }

  toggleNear() {
    this.showsNear = !this.showsNear;
    this.draw();
  }

  fit() {
    this.#look({ x: 0, y: 0, width: this.width, height: this.height });
  }

  zoomToBox() {
    const one = this.boxes[this.selected];
    if (!one) return;
    const [left, top, width, height] = one.box;
    const wide = Math.min(1, Math.max(width, height) * 2.2);
    this.#look({
      x: (left + width / 2 - wide / 2) * this.width, y: (top + height / 2 - wide / 2) * this.height,
      width: wide * this.width, height: wide * this.height,
    });
  }

  zoomBy(factor, at = null) {
    const view = this.view;
    const width = Math.min(this.width, Math.max(this.width / LONGEST_ZOOM, view.width / factor));
    const ratio = width / view.width;
    const point = at ?? { x: (view.x + view.width / 2) / this.width, y: (view.y + view.height / 2) / this.height };
    const [px, py] = [point.x * this.width, point.y * this.height];
    this.#look({
      x: px - (px - view.x) * ratio, y: py - (py - view.y) * ratio, width, height: view.height * ratio,
    });
  }

  draw() {
    const { x, y, width, height } = this.view;
    this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    const unit = width / Math.max(1, this.svg.clientWidth || width);
    this.svg.style.setProperty("--unit", `${unit}px`);
    this.layer.replaceChildren();
    this.near.replaceChildren();
    if (this.showsNear) for (const each of this.nearBoxes ?? []) this.#rect(this.near, each, "v-dashed", unit);
    this.boxes.forEach((each, index) => {
      if (index !== this.selected) this.#rect(this.layer, each, "v-box", unit);
    });
    const chosen = this.boxes[this.selected];
    if (!chosen) return;
    this.#rect(this.layer, chosen, "v-box v-chosen", unit);
    const size = unit * (matchMedia("(pointer: coarse)").matches ? 22 : 11);
    for (const [name, [right, down]] of Object.entries(HANDLES)) {
      const [left, top, w, h] = chosen.box;
      element("rect", {
        class: "v-handle", "data-handle": name, width: size, height: size,
        x: (left + w * right) * this.width - size / 2, y: (top + h * down) * this.height - size / 2,
      }, this.layer);
    }
  }

  #rect(parent, { label, box, confidence }, kind, unit) {
    const [left, top, width, height] = box;
    const [x, y] = [left * this.width, top * this.height];
    const group = element("g", { class: kind }, parent);
    element("rect", { x, y, width: width * this.width, height: height * this.height }, group);
    const text = element("text", { x: x + 4 * unit, y: y + 15 * unit, "font-size": 13 * unit }, group);
    text.textContent = confidence === undefined ? this.nameOf(label) : `${this.nameOf(label)} ${confidence.toFixed(1)}`;
  }

  #look(view) {
    const width = Math.min(view.width, this.width), height = Math.min(view.height, this.height);
    this.zoom = this.width / width;
    this.view = {
      width, height,
      x: Math.min(this.width - width, Math.max(0, view.x)), y: Math.min(this.height - height, Math.max(0, view.y)),
    };
    this.draw();
  }

  // The picture of this photo only: what comes of an earlier one's is not waited for any more.
  #load() {
    clearTimeout(this.again);
    delete this.svg.dataset.seen;
    this.image.removeAttribute("href");
    this.image.setAttribute("href", this.picture);
  }

  #show(seen) {
    this.svg.dataset.seen = "1";
    seen();
  }

  #point(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return { x: at.x / this.width, y: at.y / this.height };
  }

  #down(event) {
    if (event.button || this.drag || this.svg.classList.contains("v-bare")) return;
    const from = this.#point(event);
    const handle = event.target.dataset?.handle;
    this.svg.setPointerCapture(event.pointerId);
    const before = this.copy();
    if (handle && !this.isDrawing) this.drag = { kind: "resize", handle, from, before };
    else if (this.isDrawing) this.drag = { kind: "draw", from, before };
    else {
      const index = hit(this.boxes.map((each) => each.box), from, this.selected);
      if (index !== this.selected) this.select(index);
      this.drag = { kind: index < 0 ? "pan" : "move", from, before };
    }
    if (this.drag.kind !== "draw" && this.drag.kind !== "pan") this.drag.box = [...this.boxes[this.selected].box];
    event.preventDefault();
  }

  #move(event) {
    const { drag } = this;
    if (!drag) return;
    const to = this.#point(event), [dx, dy] = [to.x - drag.from.x, to.y - drag.from.y];
    if (drag.kind === "pan") {
      this.#look({ ...this.view, x: this.view.x - dx * this.width, y: this.view.y - dy * this.height });
      return;
    }
    if (drag.kind === "draw") {
      const box = fromCorners(drag.from, to);
      this.boxes = [...drag.before, { label: this.labelForNew(), box }];
      this.selected = this.boxes.length - 1;
    } else {
      const one = this.boxes[this.selected];
      one.box = drag.kind === "move" ? moved(drag.box, dx, dy) : resized(drag.box, drag.handle, dx, dy);
    }
    drag.isMoved = true;
    this.draw();
  }

  #up() {
    const { drag } = this;
    this.drag = null;
    if (!drag?.isMoved) return;
    const one = this.boxes[this.selected];
    one.box = clip(one.box);
    if (drag.kind === "draw") {
      this.arm(false);
      if (!isDrawn(one.box)) {
        this.put(drag.before);
        return;
      }
    }
    this.draw();
    this.onSelected(one);
    this.changed(drag.before);
  }

  #wheel(event) {
    event.preventDefault();
    this.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, this.#point(event));
  }
}

// The outlines over the photo, and the places where a thumb hits them. A sign and a line style say what a colour says.

import { cropped, smallestLast, touchable, visible } from "./geometry.js";
import { ASK } from "./basket.js";
import { nameOf } from "./products.js";
import { make, say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const percent = (share) => `${(share * 100).toFixed(3)}%`;

/** Return how a place looks now: sure (solid, ✓), ask (bold, ?) or near (dashed, +). */
export const lookOf = (place) => {
  if (place.label !== null) return "sure";
  return place.kind === ASK && !place.isTouched ? "ask" : "near";
};

const SIGNS = { sure: "✓", ask: "?", near: "+" };

const outline = (box, look) => ["halo", look].map((kind) => {
  const { left, top, width, height } = visible(box);
  const rect = document.createElementNS(SVG, "rect");
  const traits = { x: left, y: top, width, height };
  for (const [name, share] of Object.entries(traits)) rect.setAttribute(name, percent(share));
  rect.setAttribute("rx", "8");
  rect.setAttribute("class", `t-line t-line-${kind}`);
  return rect;
});

const told = (place, look) => {
  if (look === "ask") return say("ask_place", { names: place.candidates.map((each) => nameOf(each.label)).join(" / ") });
  const name = nameOf(place.label ?? place.candidates[0].label);
  return say(look === "sure" ? "sure_place" : "near_place", { name });
};

const target = (place, size, onTap) => {
  const look = lookOf(place);
  const area = touchable(place.box, size);
  const text = look === "ask" ? say("which") : nameOf(place.label ?? place.candidates[0].label);
  const style = ["left", "top", "width", "height"].map((side) => `${side}:${percent(area[side])}`).join(";");
  const traits = { type: "button", class: `t-target t-${look}`, style, "aria-label": told(place, look), onclick: () => onTap(place) };
  return make("button", { ...traits, "data-place": place.id },
    make("span", { class: "t-tag" }, make("b", {}, SIGNS[look]), ` ${text}`));
};

/** Draw every place that has a box over the photo; `onTap` gets the place. */
export const drawPlaces = ({ outlines, targets, photo }, places, onTap) => {
  const boxed = smallestLast(places.filter((place) => place.box));
  const size = { width: photo.clientWidth || 1, height: photo.clientHeight || 1 };
  outlines.replaceChildren(...boxed.flatMap((place) => outline(place.box, lookOf(place))));
  targets.replaceChildren(...boxed.map((place) => target(place, size, onTap)));
};

/** Make a small picture of one place of the photo. */
export const pictureOf = (box, photo) => {
  if (!box || !photo.naturalWidth) return null;
  const { size, position, width, height } = cropped(box);
  const ratio = (width * photo.naturalWidth) / (height * photo.naturalHeight);
  const style = `background-image:url("${photo.src}");background-size:${size};background-position:${position};aspect-ratio:${ratio}`;
  return make("span", { class: "t-crop" }, make("span", { style, class: ratio > 1 ? "is-wide" : "is-tall" }));
};

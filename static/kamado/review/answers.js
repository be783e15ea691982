// Two answers that differ, side by side. What only one of them says is drawn in another colour.
import { alone } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";

function add(parent, name, attributes = {}, text = "") {
  const made = name === "svg" || parent.namespaceURI === SVG ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

export function showAnswers(place, sheet, { pictureOf, nameOf, words }) {
  place.replaceChildren();
  place.hidden = !sheet.answers.length;
  sheet.answers.forEach((answer, index) => {
    const [width, height] = [sheet.width || 1000, sheet.height || 750], other = sheet.answers[1 - index];
    const figure = add(place, "figure");
    const picture = add(figure, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": answer.said });
    add(picture, "image", { href: pictureOf(sheet), width, height });
    const differs = new Set(alone(answer.marked, other.marked));
    for (const each of answer.marked) {
      const [left, top, wide, high] = each.box;
      const kind = differs.has(each) ? "v-differs" : "v-same";
      add(picture, "rect", { class: kind, x: left * width, y: top * height, width: wide * width, height: high * height });
    }
    const caption = add(figure, "figcaption");
    add(caption, "strong", {}, answer.who || (index ? words.second : words.first));
    add(caption, "span", { class: "rg-muted" }, answer.conclusion === "CANNOT_TELL" ? answer.said : "");
    const list = add(caption, "ul");
    for (const each of answer.marked) add(list, "li", { class: differs.has(each) ? "v-differs" : "" }, nameOf(each.label));
    const button = add(figure, "button", { type: "button", "data-act": index ? "second" : "first" }, `${words.take} `);
    add(button, "kbd", {}, index ? "S" : "A");
  });
}

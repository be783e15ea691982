// What others say of a photo: every opinion in words, and two answers that differ side by side.
import { alone } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";

function add(parent, name, attributes = {}, text = "") {
  const made = name === "svg" || parent.namespaceURI === SVG ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

// What only one of the two says is drawn in another colour.
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

export function showOpinions(place, sheet, { nameOf, words }) {
  const listed = (labels) => {
    const counts = new Map();
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    return [...counts].map(([label, count]) => (count > 1 ? `${nameOf(label)} × ${count}` : nameOf(label))).join("、") || words.nothing;
  };
  const model = sheet.raw.filter((each) => each.fate === "A").map((each) => each.label);
  const rows = [[words.model, `${listed(model)}${sheet.version ? ` (${sheet.version})` : ""}`]];
  rows.push([words.register, sheet.sold ? listed(sheet.sold.map((each) => each.label)) : words.notSaid]);
  for (const each of sheet.reviews) rows.push([each.who || words.analyst, `${each.said}: ${listed(each.marked.map((one) => one.label))}`]);
  place.replaceChildren(...rows.flatMap(([who, what]) => {
    const [term, told] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = who;
    told.textContent = what;
    return [term, told];
  }));
}

// Choosing a bread: the model's candidates first, then the whole list, found by typing a part of a name.

import { matching, nameOf, priceOf } from "./products.js";
import { icon, make, say } from "./words.js";

/** Make the list of products: `onAdd(label)`, and with `onTake(label)` a minus beside what `countOf(label)` has. */
export const productGrid = ({ onAdd, onTake = null, countOf = () => 0 }) => {
  const tile = ({ label, name }) => {
    const count = countOf(label);
    const add = make("button", { type: "button", class: "t-tile", "data-label": label, onclick: () => onAdd(label) },
      make("span", { class: "t-tile-name" }, name), make("span", { class: "t-tile-price" }, priceOf(label)),
      count ? make("b", { class: "t-count" }, `× ${count}`) : null);
    if (!count || !onTake) return make("li", {}, add);
    const less = say("less", { name });
    return make("li", { class: "is-chosen" }, add,
      make("button", { type: "button", class: "t-minus", "aria-label": less, onclick: () => onTake(label) }, icon("minus")));
  };
  const list = make("ul", { class: "t-tiles" });
  const search = make("input", {
    type: "search", class: "t-search", placeholder: say("search"), "aria-label": say("search"), autocomplete: "off",
    enterkeyhint: "search", oninput: () => fill(),
  });
  const fill = () => {
    const found = matching(search.value);
    list.replaceChildren(...found.map(tile));
    if (!found.length) list.append(make("li", { class: "t-none" }, say(search.value ? "no_match" : "no_products")));
  };
  fill();
  return { element: make("div", { class: "t-grid" }, search, list), fill };
};

const candidate = (found, onChoose) =>
  make("button", { type: "button", class: "t-candidate", "data-label": found.label, onclick: () => onChoose(found.label) },
    make("span", { class: "t-tile-name" }, nameOf(found.label)),
    make("span", { class: "t-tile-price" }, priceOf(found.label)),
    make("span", { class: "t-sure-of" }, `${found.confidence.toFixed(1)} %`));

/** Make the model's candidates as big buttons. */
export const candidateButtons = (candidates, onChoose) =>
  make("div", { class: "t-candidates" }, ...candidates.map((found) => candidate(found, onChoose)));

/**
 * Ask for a bread in a sheet over the page. Resolves to { label }, { isRemoved: true }, or null when nothing was
 * chosen. `picture` is shown beside the question, `canRemove` offers to take the bread off the tray.
 */
export const choose = (dialog, { title, candidates = [], picture = null, canRemove = false }) =>
  new Promise((resolve) => {
    const done = (answer) => {
      dialog.onclose = null;
      dialog.close();
      resolve(answer);
    };
    const pick = (label) => done({ label });
    const close = make("button", { type: "button", class: "t-round", "aria-label": say("close"), onclick: () => done(null) }, icon("close"));
    const remove = make("button", { type: "button", class: "t-button t-remove", onclick: () => done({ isRemoved: true }) },
      icon("remove"), say("remove"));
    dialog.replaceChildren(
      make("header", { class: "t-sheet-head" }, picture, make("h2", { tabindex: "-1", autofocus: true }, title), close),
      make("div", { class: "t-sheet-body" },
        candidates.length ? candidateButtons(candidates, pick) : null,
        canRemove ? remove : null,
        productGrid({ onAdd: pick }).element),
    );
    dialog.onclose = () => resolve(null);
    dialog.onclick = (event) => { if (event.target === dialog) done(null); };
    dialog.showModal();
  });

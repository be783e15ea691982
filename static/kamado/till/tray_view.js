// The tray before the customer, as it is shown: photo, questions, lines, total. It decides nothing.

import { candidateButtons, productGrid } from "./chooser.js";
import { drawPlaces, pictureOf } from "./drawing.js";
import { nameOf, priceOf, totalOf } from "./products.js";
import { icon, make, say } from "./words.js";

const by = (id) => document.getElementById(id);

/** Shows a tray `{ basket, url, isLooking, notice, isByHand }` and tells `on`: add, take, choose, remove, open, ... */
export class TrayView {
  #grid = null;
  #tray = null;

  constructor(on) {
    this.on = on;
    this.photo = by("photo");
    this.surface = { outlines: by("outlines"), targets: by("targets"), photo: this.photo };
    const redraw = () => { if (this.#tray) this.#draw(this.#tray); };
    this.photo.addEventListener("load", redraw);
    this.photo.addEventListener("error", () => { by("stage").hidden = true; });
    new ResizeObserver(redraw).observe(this.photo);
  }

  show(tray) {
    const isNew = this.#tray?.url !== tray.url || this.#tray?.isByHand !== tray.isByHand;
    this.#tray = tray;
    by("stage").classList.toggle("is-small", (tray.isByHand || tray.basket.isEmpty) && !tray.isLooking);
    by("looking").hidden = !tray.isLooking;
    if (isNew) by("stage").hidden = !tray.url;
    if (tray.url && this.photo.src !== tray.url) this.photo.src = tray.url;
    this.#notice(tray.notice);
    this.#draw(tray);
    this.#questions(tray.basket);
    this.#lines(tray);
    this.#products(tray, isNew);
    this.#pay(tray);
  }

  leave() {
    this.#tray = null;
    this.#grid = null;
    this.photo.removeAttribute("src");
  }

  #draw({ basket }) { drawPlaces(this.surface, basket.places, (place) => this.on.open(place)); }

  #notice(notice) {
    by("notice").hidden = !notice;
    by("notice").className = `t-notice t-notice-${notice?.tone ?? "plain"}`;
    if (!notice) return;
    const actions = notice.actions?.length ? make("div", { class: "t-actions" }, ...notice.actions) : null;
    by("notice").replaceChildren(icon(notice.icon), make("div", {},
      make("strong", {}, notice.title), ...notice.lines.map((line) => make("p", {}, line)), actions));
  }

  #questions({ undecided, offered }) {
    by("asks").hidden = undecided.length === 0;
    by("asks").replaceChildren(...undecided.map((place) => this.#question(place)));
    by("offers").hidden = offered.length === 0;
    by("offers").replaceChildren(make("h2", {}, say("near_title")),
      make("div", { class: "t-chips" }, ...offered.map((place) => this.#offer(place))));
  }

  #question(place) {
    const other = make("button", { type: "button", class: "t-button", onclick: () => this.on.open(place) }, say("other"));
    const none = make("button", { type: "button", class: "t-button", onclick: () => this.on.remove(place.id) },
      icon("remove"), say("not_bread"));
    return make("article", { class: "t-question", "data-place": place.id },
      make("header", {}, pictureOf(place.box, this.photo), make("h2", {}, make("b", { class: "t-sign" }, "?"), say("which"))),
      candidateButtons(place.candidates, (label) => this.on.choose(place.id, label)),
      make("div", { class: "t-actions" }, other, none));
  }

  #offer(place) {
    const [best] = place.candidates;
    return make("button", { type: "button", class: "t-offer", onclick: () => this.on.open(place) },
      pictureOf(place.box, this.photo), make("span", {}, make("b", {}, "＋"), ` ${nameOf(best.label)}`,
        make("small", {}, `${best.confidence.toFixed(1)} % · ${priceOf(best.label)}`)));
  }

  #lines({ basket, isByHand, isLooking }) {
    by("lines").hidden = isByHand || isLooking || basket.isEmpty;
    by("lines-list").replaceChildren(...basket.lines.map((line) => this.#line(line)));
    by("lines-empty").hidden = basket.lines.length > 0;
  }

  #line({ label, count }) {
    const name = nameOf(label);
    const step = (sign, what, act) => make("button",
      { type: "button", class: "t-round", "aria-label": say(what, { name }), onclick: () => act(label) }, icon(sign));
    return make("li", { class: "t-item", "data-label": label },
      make("span", { class: "t-item-name" }, name, make("small", {}, priceOf(label))),
      make("span", { class: "t-step" }, step("minus", "less", this.on.take), make("b", {}, count), step("plus", "more", this.on.add)),
      make("span", { class: "t-item-price" }, priceOf(label, count)));
  }

  #products({ basket, isByHand, isLooking }, isNew) {
    const isShown = (isByHand || basket.isEmpty) && !isLooking;
    by("by-hand").hidden = !isShown;
    if (!isShown) { this.#grid = null; return; }
    if (this.#grid && !isNew) { this.#grid.fill(); return; }
    const countOf = (label) => this.#tray.basket.countOf(label);
    this.#grid = productGrid({ onAdd: this.on.add, onTake: this.on.take, countOf });
    by("by-hand").replaceChildren(make("h2", {}, say("by_hand_title")), this.#grid.element);
  }

  #pay({ basket, isLooking }) {
    const total = totalOf(basket.lines);
    const left = basket.undecided.length;
    by("total").textContent = total.text;
    by("count").textContent = [say("items", { count: basket.items.length }), total.note].filter(Boolean).join(" · ");
    by("confirm").disabled = isLooking || (basket.items.length === 0 && left === 0);
    by("confirm").classList.toggle("is-asking", left > 0);
    by("confirm-text").textContent = left ? say("left", { count: left }) : say("confirm");
  }
}

// What lies on the tray as far as the clerk and the model agree: places on the photo, and items added by hand.

export const ACCEPTED = "accepted";
export const ASK = "ask";
export const NEAR = "near";

const placesOf = (answer) => [
  ...answer.accepted.map((found) => ({ kind: ACCEPTED, box: found.box, label: found.label, candidates: [found] })),
  ...answer.ask.map((place) => ({ kind: ASK, box: place.box, label: null, candidates: place.candidates })),
  ...answer.near_misses.map((place) => ({ kind: NEAR, box: place.box, label: null, candidates: place.candidates })),
].map((place, id) => ({ ...place, id, isTouched: false }));

export class Basket {
  /** `draft` is what `draft` returned before the page was reloaded. */
  constructor(answer, draft = null) {
    this.places = answer ? placesOf(answer) : [];
    this.hand = [...(draft?.hand ?? [])];
    for (const [id, label] of draft?.places ?? []) this.#settle(this.places[id], label);
  }

  #settle(place, label) {
    if (place) Object.assign(place, { label, isTouched: true });
  }

  choose(id, label) { this.#settle(this.places[id], label); }

  remove(id) { this.#settle(this.places[id], null); }

  add(label) { this.hand.push(label); }

  /** Take one item of a label away: one added by hand if there is any, else the last found on the photo. */
  takeOne(label) {
    const index = this.hand.lastIndexOf(label);
    if (index >= 0) this.hand.splice(index, 1);
    else this.#settle(this.places.findLast((place) => place.label === label), null);
  }

  /** The places where a person has to decide before the tray can be sold. */
  get undecided() { return this.places.filter((place) => place.kind === ASK && !place.isTouched); }

  get offered() { return this.places.filter((place) => place.kind === NEAR && !place.isTouched); }

  get isEmpty() { return this.places.length === 0 && this.hand.length === 0; }

  /** One entry an item, as the API takes what was sold. */
  get items() {
    const found = this.places.filter((place) => place.label !== null).map(({ label, box }) => ({ label, box }));
    return [...found, ...this.hand.map((label) => ({ label, box: null }))];
  }

  get lines() {
    const counts = new Map();
    for (const { label } of this.items) counts.set(label, (counts.get(label) ?? 0) + 1);
    return [...counts].map(([label, count]) => ({ label, count }));
  }

  countOf(label) { return this.items.filter((item) => item.label === label).length; }

  get draft() {
    const places = this.places.filter((place) => place.isTouched).map(({ id, label }) => [id, label]);
    return { places, hand: this.hand };
  }
}

// Everything the till sends goes through here: first kept on the device, then sent, then forgotten.
//
// The tray before the customer is sent at once; the rest follow in the order in which they were taken. A tray is
// always sent with its own key, so an answer that was lost on the way is fetched, not made twice.

import { Trouble } from "./api.js";

const FIRST_WAIT = 4_000;
const LONGEST_WAIT = 15 * 60_000;

const newKey = () =>
  "till-" + [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const isWaiting = (tray) => !tray.refusal && (tray.answer === null || tray.sold !== null);

const isUnsent = (tray) => isWaiting(tray) || (tray.isClosed && !tray.refusal);

/** Tells `change`: what is kept, or how sending goes. `trouble` is what was in the way last; null when it is gone. */
export class Queue extends EventTarget {
  trouble = null;
  #flights = new Map();
  #round = null;
  #isAsked = false;
  #timer = null;
  #wait = FIRST_WAIT;

  constructor(trays, api) {
    super();
    Object.assign(this, { trays, api });
  }

  /** Keep a photo; from here on it is not lost. */
  async take(photo) {
    const tray = {
      key: newKey(), store: this.trays.store, number: Date.now(), takenAt: null,
      answer: null, draft: null, sold: null, isClosed: false, refusal: null,
    };
    await this.trays.add(tray, photo);
    this.#tell();
    return tray;
  }

  /** Send one tray as far as it goes; while it is under way, a second call goes after the first. */
  deliver(key) {
    const before = this.#flights.get(key) ?? Promise.resolve();
    const flight = before.catch(() => {}).then(() => this.#deliver(key));
    const landed = () => { if (this.#flights.get(key) === flight) this.#flights.delete(key); };
    this.#flights.set(key, flight);
    flight.then(landed, landed);
    return flight;
  }

  async #deliver(key) {
    let tray = await this.trays.get(key);
    if (!tray || tray.refusal) return;
    try {
      if (tray.takenAt === null) {
        tray.takenAt = await this.api.instantOf(tray.number);
        await this.trays.change(key, { takenAt: tray.takenAt });
      }
      if (tray.answer === null) {
        const photo = await this.trays.photo(key);
        await this.trays.change(key, { answer: await this.api.detect(tray, photo) });
        tray = await this.trays.get(key);
      }
      if (tray?.sold) await this.api.correct(tray.answer.id, tray.sold);
      if (tray?.isClosed) await this.trays.remove(key);
      this.#went(null);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (error.kind === "refused") await this.trays.change(key, { refusal: error.message });
      this.#went(error.kind === "refused" ? null : error);
      throw error;
    } finally {
      this.#tell();
    }
  }

  /** Send what waits, oldest first, until something is in the way; then again later. */
  flush() {
    this.#isAsked = true;
    this.#round ??= this.#rounds().finally(() => { this.#round = null; });
    return this.#round;
  }

  async #rounds() {
    while (this.#isAsked) {
      this.#isAsked = false;
      await this.#flush();
    }
  }

  async #flush() {
    clearTimeout(this.#timer);
    for (const { key } of (await this.trays.all()).filter(isUnsent)) {
      try {
        await this.deliver(key);
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        if (error.kind !== "refused") return;
      }
    }
  }

  /** Try at once instead of at the next turn: the network is back, or the person is. */
  hurry() {
    this.#wait = FIRST_WAIT;
    return this.flush();
  }

  async close(key, sold) {
    await this.trays.change(key, { sold, isClosed: true });
    this.#tell();
  }

  async forget(key) {
    await this.trays.remove(key);
    this.#tell();
  }

  async retry(key) {
    await this.trays.change(key, { refusal: null });
    this.#tell();
    return this.hurry();
  }

  /** Note how sending went: after trouble try again later and later, once it is over send the rest at once. */
  #went(trouble) {
    const wasStuck = this.trouble !== null;
    this.trouble = trouble;
    if (trouble === null) {
      this.#wait = FIRST_WAIT;
      if (wasStuck) this.flush();
      return;
    }
    clearTimeout(this.#timer);
    if (trouble.kind === "signedOut") return;
    this.#timer = setTimeout(() => this.flush(), Math.max(this.#wait, (trouble.retryAfter ?? 0) * 1000));
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  #tell() { this.dispatchEvent(new Event("change")); }
}

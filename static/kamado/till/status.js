// How things stand around the tray: the model, the network, the sign-in, and what waits to be sent.

import { isWaiting } from "./queue.js";
import { clockOf, config, icon, make, say } from "./words.js";

const by = (id) => document.getElementById(id);

const signIn = () => make("a", { class: "t-button t-button-strong", href: config.sign_in }, say("sign_in"));

/** Return the model's state in a few words with its sign; null before the store was heard. */
const modelWords = (store) => {
  if (!store) return null;
  if (store.is_ready) return ["ready", "check", say("model_ready")];
  const about = store.ready_at ? ` · ${say("ready_about", { time: clockOf(store.ready_at) })}` : "";
  const [sign, word] = store.model_state === "STARTING" ? ["hourglass", "model_starting"] : ["moon", "model_off"];
  return ["off", sign, say(word), make("span", { class: "t-about" }, about)];
};

export class Status {
  isOffline = !navigator.onLine;
  isSignedOut = false;
  store = null;

  /** `current()` returns the tray before the customer, or null. */
  constructor(queue, current) {
    Object.assign(this, { queue, current });
    by("waiting").addEventListener("click", () => this.#open());
  }

  #isBusy(key) {
    const tray = this.current();
    return tray?.key === key && tray.isLooking;
  }

  /** Take in how the last call went: null, or a Trouble. */
  heard(trouble) {
    this.isOffline = trouble?.kind === "offline" || !navigator.onLine;
    this.isSignedOut = trouble?.kind === "signedOut";
  }

  async show() {
    const words = modelWords(this.store);
    by("model").hidden = !words || this.isOffline;
    if (words) by("model").className = `t-chip t-chip-${words[0]}`;
    if (words) by("model").replaceChildren(icon(words[1]), ...words.slice(2));
    const isTold = this.current()?.trouble;
    by("offline").hidden = !this.isOffline || Boolean(isTold);
    by("signed-out").hidden = !this.isSignedOut || Boolean(isTold);
    const trays = await this.queue.trays.all();
    const waiting = trays.filter((tray) => isWaiting(tray) && !this.#isBusy(tray.key));
    const refused = trays.filter((tray) => tray.refusal && tray.isClosed);
    const isShown = refused.length || waiting.length > 1 || (waiting.length && this.queue.trouble);
    by("waiting").hidden = !isShown;
    by("waiting").classList.toggle("is-bad", refused.length > 0);
    by("waiting").replaceChildren(icon(refused.length ? "warning" : "upload"), refused.length
      ? say("refused_count", { count: refused.length }) : say("waiting_count", { count: waiting.length }));
    if (by("kept").open) this.#fill(waiting, refused);
  }

  async #open() {
    by("kept").showModal();
    await this.show();
  }

  #fill(waiting, refused) {
    const close = make("button", { type: "button", class: "t-round", "aria-label": say("close"), onclick: () => by("kept").close() }, icon("close"));
    const send = make("button", { type: "button", class: "t-button t-button-strong", onclick: () => this.queue.hurry() }, icon("upload"), say("send_now"));
    by("kept").replaceChildren(
      make("header", { class: "t-sheet-head" }, make("h2", {}, say("kept_title")), close),
      make("div", { class: "t-sheet-body" },
        make("p", { class: "t-soft" }, say(this.queue.trays.isDurable ? "kept_here" : "kept_fleeting")),
        make("ul", { class: "t-kept" }, ...waiting.map((tray) => this.#waiting(tray)), ...refused.map((tray) => this.#refused(tray))),
        this.isSignedOut ? signIn() : waiting.length ? send : null));
  }

  #waiting(tray) {
    const word = tray.answer ? say("sale_waits") : say(tray.sold ? "both_wait" : "photo_waits");
    return make("li", {}, icon("upload"), make("strong", {}, clockOf(tray.number)), make("span", {}, word));
  }

  #refused(tray) {
    return make("li", { class: "is-bad" }, icon("warning"), make("strong", {}, clockOf(tray.number)), make("span", {}, tray.refusal),
      make("div", { class: "t-actions" },
        make("button", { type: "button", class: "t-button", onclick: () => this.queue.retry(tray.key) }, say("try_again")),
        make("button", { type: "button", class: "t-button", onclick: () => this.queue.forget(tray.key) }, icon("remove"), say("forget"))));
  }
}

/** Return what to tell of a tray that has no answer, or one without breads; null where all is well. */
export const noticeOf = ({ answer, basket, key, trouble, refusal, retryIn }, store, onRetake) => {
  const retake = make("button", { type: "button", class: "t-button t-button-strong", onclick: onRetake }, icon("camera"), say("retake"));
  if (refusal) return { tone: "bad", icon: "warning", title: say("refused_title"), lines: [refusal, say("or_by_hand")], actions: [retake] };
  if (answer?.outcome === "WAITING") {
    const about = store?.ready_at ? [say("ready_line", { time: clockOf(store.ready_at) })] : [];
    const start = make("a", { class: "t-button", href: `${config.store}#actions` }, say("start_it"));
    return { tone: "warm", icon: "moon", title: say("off_title"), lines: [...about, say("off_text")], actions: store?.may_be_started ? [start] : [] };
  }
  if (answer && basket.places.length === 0 && basket.hand.length === 0)
    return { tone: "warm", icon: "tray", title: say("empty_title"), lines: [say("empty_text")], actions: [retake] };
  if (answer) return null;
  if (trouble?.kind === "full") return { tone: "bad", icon: "warning", title: say("full_title"), lines: [say("full_text")] };
  if (!key) return { tone: "plain", icon: "hand", title: say("hand_title"), lines: [say("hand_text")] };
  if (!trouble) return null;
  if (trouble.kind === "offline") return { tone: "warm", icon: "offline", title: say("offline_title"), lines: [say("offline_text")] };
  if (trouble.kind === "signedOut")
    return { tone: "bad", icon: "lock", title: say("signed_out_title"), lines: [say("signed_out_text")], actions: [signIn()] };
  const again = retryIn > 0 ? [say("again_in", { seconds: retryIn })] : [];
  return { tone: "warm", icon: "hourglass", title: trouble.message, lines: [...again, say("later_text")] };
};

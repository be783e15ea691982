// The till: photo, look, correct, confirm, next. What is sent and kept is the queue's; what is shown, the views'.

import { Api, Trouble } from "./api.js";
import { Basket, NEAR } from "./basket.js";
import { choose } from "./chooser.js";
import { pictureOf } from "./drawing.js";
import { prepared } from "./photo.js";
import { learn, totalOf } from "./products.js";
import { Queue } from "./queue.js";
import { noticeOf, Status } from "./status.js";
import { TrayView } from "./tray_view.js";
import { openTrays } from "./trays.js";
import { config, icon, say } from "./words.js";

const by = (id) => document.getElementById(id);
const STORE_EVERY = 60_000;

const api = new Api(config);
const queue = new Queue(await openTrays(config.code), api);
// The tray before the customer: { key, url, answer, basket, isLooking, isByHand, trouble, refusal, retryAt }.
let tray = null;
const status = new Status(queue, () => tray);

const changed = async () => {
  if (!tray) return;
  show();
  if (tray.key) await queue.trays.change(tray.key, { draft: tray.basket.draft });
};

const open = async (place) => {
  if (place.kind === NEAR && place.label === null && place.candidates.length === 1) {
    tray.basket.choose(place.id, place.candidates[0].label);
    return changed();
  }
  const chosen = await choose(by("chooser"), {
    title: say("which"), candidates: place.candidates, picture: pictureOf(place.box, by("photo")), canRemove: place.kind !== NEAR || place.label !== null,
  });
  if (!chosen || !tray) return undefined;
  if (chosen.isRemoved) tray.basket.remove(place.id);
  else tray.basket.choose(place.id, chosen.label);
  return changed();
};

const view = new TrayView({
  open,
  add: (label) => { tray.basket.add(label); changed(); },
  take: (label) => { tray.basket.takeOne(label); changed(); },
  choose: (id, label) => { tray.basket.choose(id, label); changed(); },
  remove: (id) => { tray.basket.remove(id); changed(); },
});

const show = () => {
  by("ready").hidden = tray !== null;
  by("tray").hidden = by("pay").hidden = tray === null;
  document.body.classList.toggle("has-tray", tray !== null);
  status.show();
  if (!tray) return;
  const retryIn = Math.ceil(((tray.retryAt ?? 0) - Date.now()) / 1000);
  const notice = tray.isLooking ? null : noticeOf({ ...tray, retryIn }, status.store, retake);
  view.show({ ...tray, notice });
};

const begin = (members) => {
  tray = { key: null, url: null, answer: null, basket: new Basket(null), isLooking: false, isByHand: true, trouble: null, refusal: null, ...members };
  window.scrollTo(0, 0);
  show();
};

/** Leave the tray. For a moment nothing below answers, so that a thumb that taps twice does not start another. */
const end = () => {
  by("ready").inert = true;
  setTimeout(() => { by("ready").inert = false; }, 500);
  disarm();
  if (tray?.url) URL.revokeObjectURL(tray.url);
  tray = null;
  view.leave();
  show();
};

/** Take an answer in, unless the clerk has begun to ring up by hand. */
const answered = (answer, draft = null) => {
  tray.answer = answer;
  tray.trouble = null;
  if (answer.outcome === "WAITING") refreshStore();
  if (answer.outcome === "WAITING" || tray.basket.hand.length) return;
  learn([...answer.accepted, ...[...answer.ask, ...answer.near_misses].flatMap((place) => place.candidates)].map((found) => found.label));
  tray.basket = new Basket(answer, draft);
  tray.isByHand = false;
};

/** Send the tray before the customer now, and show what came of it if it is still there. */
const look = async (key) => {
  const isHere = () => tray?.key === key;
  tray.isLooking = true;
  show();
  try {
    await queue.deliver(key);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    if (isHere() && error.kind === "refused") tray.refusal = error.message;
    else if (isHere()) Object.assign(tray, { trouble: error, retryAt: error.retryAfter && Date.now() + error.retryAfter * 1000 });
    status.heard(error.kind === "refused" ? null : error);
  }
  if (!isHere()) return;
  tray.isLooking = false;
  await adopt();
  show();
};

/** Show the answer that the queue has fetched for the tray before the customer. */
const adopt = async () => {
  const key = tray?.key;
  if (!key || tray.answer) return;
  const kept = await queue.trays.get(key);
  if (tray?.key !== key || !kept) return;
  if (kept.refusal) tray.refusal = kept.refusal;
  if (kept.answer) answered(kept.answer, kept.draft);
};

const handIn = async (file) => {
  if (!file) return;
  await drop();
  by("last").hidden = true;
  const photo = await prepared(file);
  const kept = await queue.take(photo).catch((error) => (error?.name === "QuotaExceededError" ? null : Promise.reject(error)));
  if (!kept) {
    begin({ trouble: new Trouble("full") });
    return;
  }
  const { key } = kept;
  begin({ key, url: URL.createObjectURL(new Blob([photo.bytes], { type: photo.type })) });
  await look(key);
};

const disarm = () => by("discard").classList.remove("is-armed");

const discard = () => {
  if (tray.basket.lines.length === 0 || by("discard").classList.contains("is-armed")) {
    drop();
    return;
  }
  by("discard").classList.add("is-armed");
  setTimeout(disarm, 4000);
};

const drop = async () => {
  const key = tray?.key;
  end();
  if (key) await queue.forget(key);
};

function retake() { by("camera").click(); }

const confirm = async () => {
  if (!tray) return;
  const { key, basket, refusal } = tray;
  if (basket.undecided.length) {
    document.querySelector(".t-question").scrollIntoView({ block: "center", behavior: "smooth" });
    return;
  }
  const { text } = totalOf(basket.lines);
  by("last").replaceChildren(icon("check"), say(key && !refusal ? "sold" : "sold_unwritten", { total: text, count: basket.items.length }));
  by("last").hidden = false;
  const items = basket.items;
  end();
  if (key && refusal) await queue.forget(key);
  else if (key) await queue.close(key, items).then(() => queue.flush());
};

const refreshStore = async () => {
  try {
    status.store = await api.store();
    learn(status.store.labels.map((each) => each.label));
    status.heard(null);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    status.heard(error);
  }
  show();
};

const back = () => {
  refreshStore();
  queue.hurry();
};

const restore = async () => {
  const trays = (await queue.trays.all()).filter((kept) => !kept.isClosed);
  const newest = trays.pop();
  for (const older of trays) await queue.close(older.key, null);
  if (!newest) return;
  const photo = await queue.trays.photo(newest.key);
  begin({ key: newest.key, url: URL.createObjectURL(new Blob([photo.bytes], { type: photo.type })), refusal: newest.refusal });
  tray.basket = new Basket(null, { hand: newest.answer ? [] : newest.draft?.hand });
  if (newest.answer) answered(newest.answer, newest.draft);
  if (newest.answer?.outcome === "WAITING") tray.basket = new Basket(null, newest.draft);
  if (newest.answer || newest.refusal) show();
  else look(newest.key);
};

for (const id of ["camera", "file"])
  by(id).addEventListener("change", async () => {
    const [file] = by(id).files;
    await handIn(file);
    by(id).value = "";
  });
by("hand").addEventListener("click", () => { by("last").hidden = true; begin({}); });
by("hand-now").addEventListener("click", () => { tray.isLooking = false; show(); });
by("confirm").addEventListener("click", confirm);
by("discard").addEventListener("click", discard);
by("add").addEventListener("click", async () => {
  const chosen = await choose(by("chooser"), { title: say("add_title") });
  if (chosen && tray) { tray.basket.add(chosen.label); await changed(); }
});
queue.addEventListener("change", async () => {
  if (tray && !tray.isLooking && !tray.answer) await adopt();
  status.heard(queue.trouble);
  show();
});
addEventListener("online", back);
addEventListener("offline", () => { status.heard(new Trouble("offline")); show(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) back(); });
setInterval(() => { if (!document.hidden) refreshStore(); }, STORE_EVERY);
setInterval(() => { if (tray?.trouble && tray.retryAt > Date.now() - 1500) show(); }, 1000);

by("loading").hidden = true;
show();
await restore();
refreshStore();
queue.flush();
navigator.serviceWorker?.register(config.worker, { scope: "/till/" }).catch(() => {});

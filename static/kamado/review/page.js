// One photo after the other. Every key is a button, too. Decisions leave in order and never block the next photo.
import { Editor } from "./editor.js";
import { showAnswers, showOpinions } from "./answers.js";
import { nextBest } from "./geometry.js";
import { Outbox } from "./outbox.js";

const config = JSON.parse(document.getElementById("review-config").textContent);
const words = JSON.parse(document.getElementById("review-words").textContent);
const csrf = document.querySelector("[name=csrfmiddlewaretoken]").value;
const at = (id) => document.getElementById(id);
const say = (text, values = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const names = new Map(config.labels.map((each) => [each.label, each.name]));
const nameOf = (label) => names.get(label) ?? label;
const pictureOf = (sheet) => config.picture.replace("/0/", `/${sheet.id}/`);
const DOUBLE_MS = 250, AGAIN_MS = 1000, AHEAD = 6;

const sheets = []; // in the order of the list; `index` is the one on the screen
const numbers = new Map(); // the newest review of each photo that this page knows
const past = [], future = []; // what can be undone and done again, across photos
const preloaded = new Map();
let index = 0, after = config.after, isAtEnd = false, loading = null, reviewed = 0;
let lastLabel = "", lastReasons = [], decidedAt = 0, wentAt = 0, again = 0, timings = [];

const editor = new Editor(at("stage"), {
  nameOf,
  labelForNew: () => lastLabel || config.labels[0]?.label || "?",
  selected: showSelected,
  seen: () => {
    document.body.dataset.seen = current().id;
    if (at("notice").textContent === words.unseen) notice("");
    const began = wentAt;
    wentAt = 0;
    if (began) requestAnimationFrame(() => {
      timings.push(performance.now() - began);
      document.body.dataset.toNextMs = timings.map((each) => each.toFixed(1)).join();
    });
  },
  changed: (before) => {
    past.push({ kind: "edit", id: current().id, boxes: before });
    future.length = 0;
    current().boxes = editor.copy();
  },
});
const outbox = new Outbox({ send, told: (count) => {
  at("saving").textContent = count ? say(words.saving, { count }) : words.saved;
  at("saving").classList.toggle("v-open", count > 0);
} });

const current = () => sheets[index];

async function load() {
  if (isAtEnd) return;
  loading ??= (async () => {
    const which = config.photo ? `photo=${encodeURIComponent(config.photo)}` : `after=${encodeURIComponent(after)}`;
    const answer = await fetch(`${config.sheets}?${config.query}&${which}`, { headers: { Accept: "application/json" } });
    if (answer.redirected) throw new Error(words.signIn);
    if (answer.status >= 500) throw new TypeError("down");
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.message);
    const known = new Set(sheets.map((each) => each.id));
    const waiting = new Map(outbox.entries.map((each) => [each.id, each]));
    for (const sheet of said.sheets) {
      if (known.has(sheet.id) || (waiting.has(sheet.id) && !config.photo)) continue;
      sheet.boxes = sheet.marked;
      sheet.said = new Set();
      numbers.set(sheet.id, sheet.seen);
      sheets.push(sheet);
    }
    after = said.after;
    isAtEnd = !after;
    if (at("notice").textContent === words.offline) notice("");
  })().catch((error) => {
    const isOffline = error instanceof TypeError || error.message === words.signIn;
    notice(error instanceof TypeError ? words.offline : error.message);
    clearTimeout(again);
    if (isOffline) again = setTimeout(() => (current() ? load().then(preload) : show()), AGAIN_MS);
  }).finally(() => { loading = null; });
  await loading;
}

function preload() {
  for (const { id } of sheets.slice(0, Math.max(0, index - 3))) preloaded.delete(id);
  for (const sheet of sheets.slice(index + 1, index + 1 + AHEAD)) {
    if (preloaded.has(sheet.id)) continue;
    const image = new Image();
    image.onerror = () => preloaded.delete(sheet.id);
    image.src = pictureOf(sheet);
    preloaded.set(sheet.id, image);
    image.decode?.().catch(() => undefined);
  }
}

async function show() {
  if (index >= sheets.length - AHEAD) load().then(preload);
  if (!current()) await load();
  const sheet = current();
  at("work").hidden = !sheet;
  at("empty").hidden = Boolean(sheet) || !isAtEnd;
  if (!sheet) return;
  const shown = new Set(sheet.boxes.map((each) => each.box.join()));
  editor.open({
    picture: pictureOf(sheet), width: sheet.width || 1000, height: sheet.height || 750, boxes: sheet.boxes,
    near: sheet.raw.filter((each) => each.fate !== "H" && each.fate !== "D" && !shown.has(each.box.join())),
  });
  at("store").textContent = sheet.store;
  at("when").textContent = new Date(sheet.taken_at).toLocaleString(document.documentElement.lang, {
    timeZone: sheet.zone, dateStyle: "medium", timeStyle: "short",
  });
  at("why").textContent = [words[`risk${sheet.risk}`], sheet.audit ? words.audit : ""].filter(Boolean).join(" · ");
  at("count").textContent = say(words.of, { n: reviewed });
  at("flag").setAttribute("aria-pressed", sheet.flagged);
  showOpinions(at("opinions"), sheet, { nameOf, words });
  showAnswers(at("answers"), sheet, { pictureOf, nameOf, words });
  showSelected(null);
  showReasons();
  preload();
}

function showSelected(one) {
  at("chosen").textContent = one ? nameOf(one.label) : "–";
  for (const button of document.querySelectorAll("[data-needs-box]")) button.disabled = !one;
  const others = one ? nextBest(current().raw, one.box, one.label) : [];
  ["q", "w", "e"].forEach((key, place) => {
    const button = at(`best-${key}`), other = others[place];
    button.hidden = !other;
    button.dataset.label = other?.label ?? "";
    button.querySelector("span").textContent = other ? `${nameOf(other.label)} ${other.confidence.toFixed(0)}` : "";
  });
}

function showReasons() {
  for (const button of document.querySelectorAll("[data-reason]"))
    button.setAttribute("aria-pressed", current()?.said.has(button.dataset.reason) ?? false);
}

function notice(text, link = null) {
  at("notice").textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = `?${config.query}&photo=${link}`;
    anchor.className = "rg-link";
    anchor.textContent = ` ${words.retry}`;
    at("notice").append(anchor);
  }
}

// Decisions ---------------------------------------------------------------------------------------------------
function decide(said = null, reasons = null) {
  const sheet = current();
  if (!sheet || performance.now() - decidedAt < DOUBLE_MS) return;
  if (!said && !editor.isSeen) return notice(words.unseen);
  decidedAt = performance.now();
  sheet.boxes = editor.copy();
  lastReasons = reasons ?? [...sheet.said];
  past.push({ kind: "decide", id: sheet.id, verdict: sheet.verdict, marked: sheet.marked });
  future.length = 0;
  if (config.way === "second" && sheet.verdict) post(sheet, { said: "WITHDRAWN" });
  post(sheet, { said, reasons: lastReasons, marked: said ? null : sheet.boxes });
  Object.assign(sheet, { verdict: said ?? "REVIEWED", marked: said ? sheet.marked : sheet.boxes });
  reviewed += 1;
  go(1);
}

function post(sheet, { said = null, reasons = [], marked = null, undoes = false }) {
  outbox.add({
    id: sheet.id, token: crypto.randomUUID(), seen: numbers.get(sheet.id) ?? sheet.seen, said, reasons, marked,
    flagged: sheet.flagged, undoes, way: config.way,
  });
}

async function send(entry) {
  const body = JSON.stringify({ ...entry, seen: numbers.get(entry.id) ?? entry.seen });
  let answer;
  try {
    answer = await fetch(config[entry.way ?? "decide"].replace("/0/", `/${entry.id}/`), {
      method: "POST", body, headers: { "Content-Type": "application/json", "X-CSRFToken": csrf, Accept: "application/json" },
    });
  } catch {
    notice(words.offline);
    return "later";
  }
  if (answer.redirected) {
    notice(words.signIn);
    return "later";
  }
  if (answer.status >= 500 || answer.status === 429) {
    notice(words.offline);
    return "later";
  }
  const said = await answer.json().catch(() => ({ message: `HTTP ${answer.status}` }));
  if (answer.ok) {
    numbers.set(entry.id, said.seen);
    if (at("notice").textContent === words.offline || at("notice").textContent === words.signIn) notice("");
    at("said").textContent = say(words.decided, { said: said.said });
  } else {
    notice(say(words.refused, { photo: entry.id, message: said.message }), entry.id);
  }
  return "done";
}

function go(step) {
  const next = index + step;
  if (next < 0 || (next >= sheets.length && isAtEnd && step > 0 && next > sheets.length)) return;
  if (current()) current().boxes = editor.copy();
  index = next;
  wentAt = performance.now();
  show();
}

async function visit(id) {
  const place = sheets.findIndex((each) => each.id === id);
  if (place >= 0 && place !== index) {
    if (current()) current().boxes = editor.copy();
    index = place;
    await show();
  }
}

async function travel(from, to, told) {
  const act = from.pop();
  if (!act) return notice(words.nothingToUndo);
  await visit(act.id);
  const sheet = current();
  if (act.kind === "edit") {
    to.push({ ...act, boxes: editor.copy() });
    editor.put(act.boxes, editor.selected);
    sheet.boxes = editor.copy();
  } else if (act.kind === "redo") doAgain(act, to);
  else takeBack(act, to);
  at("count").textContent = say(words.of, { n: reviewed });
  return notice(told);
}

function takeBack(act, to) {
  const sheet = current();
  to.push({ kind: "redo", id: act.id, marked: editor.copy(), said: sheet.verdict, before: act });
  const said = act.verdict === "CANNOT_TELL" ? "CANNOT_TELL" : act.verdict ? null : "WITHDRAWN";
  post(sheet, { said, marked: said ? null : act.marked, undoes: true });
  Object.assign(sheet, { verdict: act.verdict, marked: act.marked });
  reviewed -= 1;
}

function doAgain(act, to) {
  const said = act.said === "CANNOT_TELL" ? "CANNOT_TELL" : null;
  to.push(act.before);
  post(current(), { said, marked: said ? null : act.marked });
  Object.assign(current(), { verdict: act.said, marked: act.marked });
  reviewed += 1;
}

// What the buttons and their keys do ----------------------------------------------------------------------------
const acts = {
  accept: () => decide(),
  wrong: () => { mark("WRONG_LABEL"); search(); },
  missed: () => { mark("MISSED"); editor.arm(); },
  spurious: () => { mark("SPURIOUS"); if (editor.selected < 0) notice(words.noBox); else editor.remove(); },
  badbox: () => { mark("BAD_BOX"); if (editor.selected < 0) editor.step(1); editor.zoomToBox(); },
  badphoto: () => decide("CANNOT_TELL", ["BAD_PHOTO"]),
  cannot: () => decide("CANNOT_TELL"),
  search, next: () => go(1), previous: () => go(-1),
  box: () => editor.step(1), boxback: () => editor.step(-1),
  draw: () => editor.arm(!editor.isDrawing), remove: () => editor.remove(),
  near: () => editor.toggleNear(), zoombox: () => editor.zoomToBox(), fit: () => editor.fit(),
  zoomin: () => editor.zoomBy(1.3), zoomout: () => editor.zoomBy(1 / 1.3),
  flag: () => {
    current().flagged = !current().flagged;
    at("flag").setAttribute("aria-pressed", current().flagged);
  },
  repeat: () => {
    for (const reason of lastReasons) current().said.add(reason);
    showReasons();
    if (editor.selected < 0) editor.step(1);
    if (lastLabel) editor.relabel(lastLabel);
  },
  undo: () => travel(past, future, words.undone), redo: () => travel(future, past, words.redone),
  first: () => take(0), second: () => take(1),
  help: () => { at("help").open ? at("help").close() : at("help").showModal(); },
  best: (button) => button.dataset.label && name(button.dataset.label),
};
const KEYS = {
  " ": "accept", 1: "wrong", 2: "missed", 3: "spurious", 4: "badbox", 5: "badphoto", 6: "cannot", "/": "search",
  f: "next", d: "previous", n: "draw", Delete: "remove", Backspace: "remove", b: "near", z: "zoombox", 0: "fit",
  "+": "zoomin", "-": "zoomout", r: "flag", g: "repeat", a: "first", s: "second", "?": "help",
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// One of two answers that differ becomes one's own: its boxes to look at, or at once that nobody can tell.
function take(place) {
  const answer = current().answers[place];
  if (!answer) return;
  if (answer.conclusion === "CANNOT_TELL") decide("CANNOT_TELL");
  else editor.change(() => editor.put(answer.marked));
}

function mark(reason) {
  current().said.add(reason);
  showReasons();
}

function name(label) {
  lastLabel = label;
  editor.relabel(label);
}

function search() {
  if (editor.selected < 0) editor.step(1);
  if (editor.selected < 0) return notice(words.noBox);
  at("picker").showModal();
  at("wanted").value = "";
  listLabels();
  return at("wanted").focus();
}

function listLabels() {
  const typed = at("wanted").value.trim(), wanted = typed.normalize("NFKC").toLowerCase();
  const fits = config.labels.filter((each) => `${each.name} ${each.label}`.normalize("NFKC").toLowerCase().includes(wanted));
  const isNew = typed && !config.labels.some((each) => each.name === typed || each.label === typed);
  const choices = isNew ? [...fits.slice(0, 40), { label: typed, name: typed, isNew }] : fits.slice(0, 40);
  at("labels").replaceChildren(...choices.map((each) => {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = each.name === each.label ? each.name : `${each.name}（${each.label}）`;
    if (each.isNew) button.textContent = say(words.newBread, { name: each.name });
    button.addEventListener("click", () => {
      if (each.isNew) config.labels.push({ label: each.label, name: each.name });
      at("picker").close();
      name(each.label);
    });
    item.append(button);
    return item;
  }));
}

at("wanted").addEventListener("input", listLabels);
at("wanted").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  at("labels").querySelector("button")?.click();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) acts[button.dataset.act](button);
});
document.addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "h") editor.hide(false); });
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, dialog[open]:not(#help)") || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isBack = key === "d" || (key === "z" && (event.ctrlKey || event.metaKey));
  if (!current() && !isBack) return; // beyond the last photo there is only the way back
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") { event.preventDefault(); event.shiftKey ? acts.redo() : acts.undo(); }
    else if (key === "y") { event.preventDefault(); acts.redo(); }
    else if (ARROWS[key]) { event.preventDefault(); editor.nudge(...ARROWS[key], { by: 10 }); }
    return;
  }
  if (ARROWS[key] && editor.selected >= 0) {
    event.preventDefault();
    editor.nudge(...ARROWS[key], { resizes: event.shiftKey });
    return;
  }
  if (event.repeat) { if (key === " ") event.preventDefault(); return; }
  if (key === "h") { editor.hide(true); notice(words.hidden); return; }
  if (key === "Tab") { event.preventDefault(); editor.step(event.shiftKey ? -1 : 1); return; }
  if (["q", "w", "e"].includes(key)) { acts.best(at(`best-${key}`)); return; }
  if (key === "Escape") { editor.arm(false); editor.select(-1); return; }
  const act = KEYS[key] ?? KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  acts[act]();
});
addEventListener("resize", () => current() && editor.draw());

outbox.told(outbox.entries.length);
outbox.run();
show().then(() => { document.body.dataset.ready = "1"; });

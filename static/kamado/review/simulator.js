// What other thresholds would do, exactly: a finding's fate depends on stronger ones only, so a threshold cuts a list.
// Pure above the line; tested by Node.
export function prepared({ scores, hits, truths, threshold }) {
  const sums = new Int32Array(hits.length + 1);
  hits.forEach((hit, place) => { sums[place + 1] = sums[place] + hit; });
  return { scores, sums, truths, threshold };
}

// How many scores are at or above a threshold; `scores` fall.
export function keptAt(scores, threshold) {
  let low = 0, high = scores.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scores[middle] >= threshold) low = middle + 1; else high = middle;
  }
  return low;
}

export function countsAt(label, threshold, askBand = 0) {
  const kept = keptAt(label.scores, threshold), tp = label.sums[kept];
  const sure = keptAt(label.scores, threshold + askBand);
  return { tp, fp: kept - tp, fn: label.truths - tp, asked: kept - sure, wrongSure: sure - label.sums[sure] };
}

export function outcome(labels, thresholds, askBand, pictures) {
  const total = { questions: 0, wrong: 0, missed: 0, tp: 0, fp: 0, fn: 0 };
  labels.forEach((label, place) => {
    const one = countsAt(label, thresholds[place], askBand);
    total.questions += one.asked;
    total.wrong += one.wrongSure;
    total.missed += one.fn;
    total.tp += one.tp; total.fp += one.fp; total.fn += one.fn;
  });
  const per = (count) => (pictures ? Math.round((1000 * count) / pictures) : 0);
  return { ...total, questions: per(total.questions), wrong: per(total.wrong), missed: per(total.missed) };
}
// ---------------------------------------------------------------------------------------------------------------
if (typeof document !== "undefined" && document.getElementById("simulator-config")) {
  const config = JSON.parse(document.getElementById("simulator-config").textContent);
  const labels = config.labels.map(prepared), thresholds = labels.map((each) => each.threshold);
  const share = (part, whole) => (whole ? (part / whole).toFixed(3) : "–");
  const filled = (text, said) => text.replace(/\{(\w+)\}/g, (whole, name) => said[name]?.toLocaleString(document.documentElement.lang) ?? whole);
  const moved = () => thresholds.map((_, place) => place).filter((place) => thresholds[place] !== labels[place].threshold);
  const tell = (place) => {
    const row = document.querySelector(`[data-row="${place}"]`);
    const { tp, fp, fn } = countsAt(labels[place], thresholds[place]);
    row.querySelector("[data-threshold]").textContent = thresholds[place].toFixed(1);
    row.querySelector("[data-precision]").textContent = share(tp, tp + fp);
    row.querySelector("[data-recall]").textContent = share(tp, tp + fn);
    row.querySelector("[data-f1]").textContent = share(2 * tp, 2 * tp + fp + fn);
  };
  const tellAll = () => {
    const said = outcome(labels, thresholds, config.askBand, config.pictures);
    document.getElementById("outcome").textContent = filled(config.words.outcome, said);
    const changed = document.getElementById("changed");
    if (changed) changed.textContent = moved().length ? filled(config.words.changed, { labels: moved().map(
      (place) => `${config.labels[place].label} ${labels[place].threshold.toFixed(1)} → ${thresholds[place].toFixed(1)}`,
    ).join(", ") }) : config.words.unchanged;
  };
  document.addEventListener("input", (event) => {
    const place = event.target.dataset?.slider;
    if (place === undefined) return;
    thresholds[place] = Math.max(Number(event.target.value), config.labels[place].least);
    tell(place);
    tellAll();
  });
  document.getElementById("reset")?.addEventListener("click", () => {
    labels.forEach((each, place) => {
      thresholds[place] = each.threshold;
      document.querySelector(`[data-slider="${place}"]`).value = each.threshold;
      tell(place);
    });
    tellAll();
  });
  const form = document.getElementById("publish"), refused = document.getElementById("refused");
  if (form) form.hidden = false;
  const refuse = (text) => { refused.textContent = text; refused.hidden = !text; };
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    refuse("");
    const said = Object.fromEntries(moved().map((place) => [config.labels[place].label, thresholds[place]]));
    const body = new FormData(form);
    body.set("seen", config.seen);
    body.set("version", config.version);
    body.set("thresholds", JSON.stringify(said));
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const headers = { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };
      const answer = await (await fetch(form.action, { method: "POST", body, headers })).json();
      if (answer.next) return location.assign(answer.next);
      config.seen = answer.seen;
      refuse(answer.error);
    } catch { refuse(config.words.lost); }
    button.disabled = false;
  });
  tellAll();
}

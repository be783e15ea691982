// The week and the special day, nicer with a script: every page works without it.
"use strict";
(() => {
  const minutes = (text) => {
    const plain = text.normalize("NFKC").replace(/\s/g, "");
    const match = /^(\d{1,2})(?:[:.時h](\d{1,2})?分?)?$/.exec(plain) || /^(\d{1,2})(\d{2})$/.exec(plain);
    return match ? Number(match[1]) * 60 + Number(match[2] || 0) : null;
  };
  const clock = (minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  const spans = (box) => [...box.querySelectorAll("[data-span]")];
  const fields = (span) => [...span.querySelectorAll("input")];

  const hint = (span) => {
    const [opens, closes] = fields(span).map((field) => minutes(field.value));
    const isNext = opens !== null && closes !== null && (closes > 1440 || (closes < opens) || (closes === opens && opens === 0));
    span.querySelector("[data-next]").hidden = !isNext || (closes === 0);
  };
  const tidy = (field) => {
    const minute = minutes(field.value);
    if (minute !== null && minute <= 2880 && minute % 60 < 60) field.value = clock(minute);
    hint(field.closest("[data-span]"));
  };
  const add = (box, values = ["", ""]) => {
    const span = spans(box)[0].cloneNode(true);
    fields(span).forEach((field, index) => { field.value = values[index]; });
    box.append(span);
    watch(span);
    return span;
  };
  const remove = (span) => {
    const box = span.parentElement;
    if (spans(box).length > 1) span.remove();
    else fields(span).forEach((field) => { field.value = ""; hint(span); });
  };
  const watch = (span) => {
    hint(span);
    const button = span.querySelector("[data-remove]");
    button.hidden = false;
    button.addEventListener("click", () => remove(span));
    fields(span).forEach((field) => {
      field.addEventListener("input", () => hint(span));
      field.addEventListener("change", () => tidy(field));
    });
  };
  const open = (box) => {
    const rows = spans(box);
    rows.slice(1).filter((span) => fields(span).every((field) => !field.value)).forEach((span) => span.remove());
    spans(box).forEach(watch);
    const button = box.parentElement.querySelector("[data-add]");
    button.hidden = false;
    button.addEventListener("click", () => fields(add(box))[0].focus());
  };

  const days = [...document.querySelectorAll("[data-day]")];
  const shut = (day) => day.classList.toggle("st-is-closed", day.querySelector("[data-closed]").checked);
  const copy = (from, to) => {
    const box = to.querySelector("[data-spans]");
    const rows = spans(from.querySelector("[data-spans]")).map((span) => fields(span).map((field) => field.value));
    spans(box).slice(1).forEach((span) => span.remove());
    fields(spans(box)[0]).forEach((field, index) => { field.value = rows[0][index]; });
    hint(spans(box)[0]);
    rows.slice(1).forEach((values) => add(box, values));
    to.querySelector("[data-closed]").checked = from.querySelector("[data-closed]").checked;
    shut(to);
    to.classList.add("st-copied");
    setTimeout(() => to.classList.remove("st-copied"), 900);
  };

  document.querySelectorAll("[data-spans]").forEach(open);
  days.forEach((day, index) => {
    const closed = day.querySelector("[data-closed]");
    const isEmpty = [...day.querySelectorAll(".st-time")].every((field) => !field.value);
    if (isEmpty && !day.classList.contains("st-wrong")) closed.checked = true;
    closed.addEventListener("change", () => shut(day));
    shut(day);
    day.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
    day.querySelector("[data-copy=next]").addEventListener("click", () => copy(day, days[(index + 1) % 7]));
    day.querySelector("[data-copy=weekdays]").addEventListener("click", () => {
      days.slice(0, 5).filter((other) => other !== day).forEach((other) => copy(day, other));
    });
  });
  document.querySelectorAll("[data-kind]").forEach((group) => {
    const own = group.querySelector("[data-own-hours]");
    const show = () => { own.hidden = group.querySelector("input[type=radio]:checked")?.value !== "HOURS"; };
    group.addEventListener("change", show);
    show();
  });
})();

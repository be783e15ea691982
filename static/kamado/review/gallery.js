// Choose many: click, Shift for a range, Ctrl+A for the page. H hides the boxes while it is held.
"use strict";
const form = document.querySelector("[data-gallery]");
if (form) {
  const acts = form.querySelector("[data-acts]"), ticks = [...form.querySelectorAll("[name=photo]")];
  let last = -1;
  const count = () => {
    const chosen = new Set(ticks.filter((tick) => tick.checked).map((tick) => tick.value)).size;
    if (!acts) return;
    acts.hidden = !chosen;
    acts.querySelector("[data-count]").textContent = chosen;
  };
  form.addEventListener("click", (event) => {
    const place = ticks.indexOf(event.target);
    if (place < 0) return;
    if (event.shiftKey && last >= 0) {
      for (const tick of ticks.slice(Math.min(last, place), Math.max(last, place) + 1)) tick.checked = event.target.checked;
    }
    last = place;
    count();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    if (event.key === "h") form.classList.add("g-bare");
    if (event.key === "a" && (event.ctrlKey || event.metaKey) && acts) {
      event.preventDefault();
      for (const tick of ticks) tick.checked = true;
      count();
    }
    if (event.key === "Escape") { for (const tick of ticks) tick.checked = false; count(); }
  });
  document.addEventListener("keyup", (event) => { if (event.key === "h") form.classList.remove("g-bare"); });
  count();
}

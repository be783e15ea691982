// The holiday board: one tick for a date's areas, how many are ticked, decided areas hidden until asked for.
"use strict";
(() => {
  const board = document.querySelector(".st-board");
  if (!board) return;
  const areas = () => [...board.querySelectorAll("td input[name=pick]")];
  const count = document.querySelector("[data-ticked-count]");
  const tell = () => {
    const ticked = areas().filter((box) => box.checked).length;
    if (!count) return;
    count.textContent = ticked ? `(${ticked})` : "";
    count.closest(".st-decide").classList.toggle("has-ticks", ticked > 0);
  };
  board.addEventListener("change", (event) => {
    const row = event.target.closest("tr");
    const all = row.querySelector("[data-pick-all]");
    const boxes = [...row.querySelectorAll("td input[name=pick]")];
    if (event.target === all) boxes.forEach((box) => { box.checked = all.checked; });
    else {
      all.checked = boxes.every((box) => box.checked);
      all.indeterminate = !all.checked && boxes.some((box) => box.checked);
    }
    tell();
  });
  const toggle = document.querySelector("[data-show-done]");
  toggle.addEventListener("change", () => board.classList.toggle("shows-done", toggle.checked));
  board.querySelectorAll("[data-pick-all]:checked").forEach((all) => {
    all.closest("tr").querySelectorAll("td input[name=pick]").forEach((box) => { box.checked = true; });
  });
  tell();
})();

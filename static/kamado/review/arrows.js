// The arrow keys follow the links to the previous and the next picture.
document.addEventListener("keydown", (event) => {
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  if (!rel || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  document.querySelector(`a[rel="${rel}"]`)?.click();
});

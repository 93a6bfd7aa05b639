"use strict";
// Tells of the cell of the staircase that is pointed at or has the focus.
document.querySelectorAll(".staircase").forEach((figure) => {
  const about = JSON.parse(figure.dataset.about);
  const caption = figure.querySelector("figcaption"), before = caption.textContent;
  const tell = (event) => {
    const cell = event.target.closest("[data-task]");
    if (!cell) return;
    const { task, model, seeds, guess } = cell.dataset, { rule, example } = about[task];
    caption.textContent = `${rule}. For example: ${example}. ${model}: ${seeds} on its seeds; `
      + `a blind guess has ${guess}.`;
  };
  figure.addEventListener("pointerover", tell);
  figure.addEventListener("focusin", tell);
  figure.addEventListener("pointerleave", () => { caption.textContent = before; });
});

/* A number with a button for one fewer and one more; without scripts it is a number to type. */
(() => {
  "use strict";

  const prepare = (root) => {
    for (const button of root.querySelectorAll("[data-stepper] [data-step]")) button.hidden = false;
  };
  document.addEventListener("DOMContentLoaded", () => prepare(document));
  document.addEventListener("htmx:load", (event) => prepare(event.target));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-stepper] [data-step]");
    const input = button?.closest("[data-stepper]").querySelector("input");
    if (!input) return;
    const next = Math.max(0, (Number.parseInt(input.value, 10) || 0) + Number(button.dataset.step));
    input.value = String(next);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();

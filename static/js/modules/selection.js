/* Selecting rows: the bar of bulk acts appears with the first selected row and says how many there are. */
(() => {
  "use strict";

  const boxes = (form) => [...form.querySelectorAll('input[type="checkbox"][name="selected"]')];
  let last = null;

  const update = (form) => {
    const all = boxes(form);
    const selected = all.filter((box) => box.checked).length;
    const whole = form.querySelector("[data-select-all]");
    if (whole) {
      whole.checked = selected > 0 && selected === all.length;
      whole.indeterminate = selected > 0 && selected < all.length;
    }
    const bar = form.querySelector("[data-bulk-bar]");
    if (bar) bar.hidden = selected === 0;
    for (const place of form.querySelectorAll("[data-selected-count]")) place.textContent = selected;
  };

  const prepare = (root) => {
    for (const form of root.querySelectorAll("form[data-bulk]")) update(form);
    if (root.matches?.("form[data-bulk]")) update(root);
    const around = root.closest?.("form[data-bulk]");
    if (around) update(around);
  };

  prepare(document.documentElement);
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
  window.addEventListener("pageshow", () => prepare(document.documentElement));
  document.addEventListener("click", (event) => {
    const box = event.target;
    const form = box.closest?.("form[data-bulk]");
    if (!form || box.type !== "checkbox") return;
    if (box.matches("[data-select-all]")) {
      for (const one of boxes(form)) one.checked = box.checked;
    } else if (box.name === "selected") {
      const all = boxes(form);
      if (event.shiftKey && last && all.includes(last)) {
        const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
        for (const one of all.slice(from, to + 1)) one.checked = box.checked;
      }
      last = box;
    }
    update(form);
  });
})();

/* Keyboard shortcuts. Whatever carries data-key can be pressed by that key or sequence ("g r"); `?` lists them all.
   Single keys can be switched off in the settings (WCAG 2.1.4); Ctrl K is the palette's and always works. */
(() => {
  "use strict";

  const enabled = document.body.dataset.shortcuts === "on";
  const help = document.getElementById("shortcuts");
  let pending = "";
  let timer = 0;

  const visible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;
  const bound = () => [...document.querySelectorAll("[data-key]")].filter((element) => !element.closest("dialog:not([open])") && !element.disabled);
  const labelOf = (element) => {
    if (element.dataset.keyLabel) return element.dataset.keyLabel;
    const copy = element.cloneNode(true);
    for (const extra of copy.querySelectorAll("kbd, b, svg")) extra.remove();
    return copy.textContent.trim() || element.getAttribute("aria-label") || "";
  };

  const showHelp = () => {
    if (!help || help.open) return;
    const list = help.querySelector("[data-keys]");
    for (const row of list.querySelectorAll("[data-added]")) row.remove();
    if (enabled) {
      for (const element of bound()) {
        const row = document.createElement("div");
        row.dataset.added = "";
        const keys = document.createElement("dt");
        for (const key of element.dataset.key.split(" ")) {
          const cap = document.createElement("kbd");
          cap.textContent = key.toUpperCase();
          keys.append(cap, " ");
        }
        const text = document.createElement("dd");
        text.textContent = labelOf(element);
        row.append(keys, text);
        list.append(row);
      }
    }
    help.showModal();
  };

  for (const button of document.querySelectorAll("[data-open-shortcuts]")) {
    button.hidden = false;
    button.addEventListener("click", showHelp);
  }

  /* Rows of the list in view: j and k walk, x selects, Enter follows the link that has the focus. */
  const rows = () => [...document.querySelectorAll("[data-row-link]")].filter(visible);
  const step = (by) => {
    const links = rows();
    if (links.length === 0) return;
    const at = links.indexOf(document.activeElement.closest?.("[data-row-link]"));
    const next = links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const builtin = {
    "?": showHelp,
    j: () => step(1),
    k: () => step(-1),
    x: () => document.activeElement.closest?.("tr")?.querySelector('input[type="checkbox"]')?.click(),
    z: () => document.querySelector("[data-undo] button")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (!enabled || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (event.target.closest("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]")) return;
    if (event.key.length !== 1 || event.key === " " || document.querySelector("dialog:modal")) return;
    const key = event.key.toLowerCase();
    const sequence = pending ? `${pending} ${key}` : key;
    clearTimeout(timer);
    pending = "";
    const elements = bound().filter(visible);
    // A place may be hidden in the folded navigation of a narrow screen and still be meant.
    const match = elements.find((element) => element.dataset.key === sequence) ?? bound().find((element) => element.dataset.key === sequence && element.closest(".v-nav"));
    if (match) {
      event.preventDefault();
      if (match.matches("input:not([type=submit], [type=button]), textarea, select")) match.focus();
      else match.click();
      return;
    }
    if (!sequence.includes(" ") && builtin[key]) {
      event.preventDefault();
      builtin[key]();
      return;
    }
    if (bound().some((element) => element.dataset.key.startsWith(`${key} `))) {
      pending = key;
      timer = setTimeout(() => (pending = ""), 1200);
    }
  });
})();

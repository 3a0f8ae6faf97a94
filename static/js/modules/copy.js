/* Short ids: a click or Enter copies the whole one. */
(() => {
  "use strict";

  const word = document.getElementById("words")?.content.querySelector('[data-word="copied"]')?.textContent ?? "";

  const prepare = (root) => {
    for (const code of root.querySelectorAll("[data-copy]")) {
      code.setAttribute("role", "button");
      code.tabIndex = 0;
    }
  };

  const copy = async (code) => {
    await navigator.clipboard.writeText(code.title);
    const short = code.textContent;
    code.textContent = word;
    code.classList.add("is-copied");
    setTimeout(() => {
      code.textContent = short;
      code.classList.remove("is-copied");
    }, 1200);
  };

  if (!navigator.clipboard) return;
  prepare(document);
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
  document.addEventListener("click", (event) => {
    const code = event.target.closest("[data-copy]:not(.is-copied)");
    if (code) copy(code);
  });
  document.addEventListener("keydown", (event) => {
    const code = event.target.closest?.("[data-copy]:not(.is-copied)");
    if (code && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      copy(code);
    }
  });
})();

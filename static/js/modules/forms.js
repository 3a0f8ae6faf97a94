/* Forms: the summary of errors takes the focus, a second press waits, long selects can be searched. */
(() => {
  "use strict";

  let library = null;
  const load = () => {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = document.body.dataset.tomSelect;
      script.onload = () => resolve(window.TomSelect);
      script.onerror = reject;
      document.head.append(script);
    });
    return library;
  };

  const nothing = () => {
    const line = document.createElement("div");
    line.className = "no-results";
    // A list box without options would be none for a screen reader.
    line.setAttribute("role", "option");
    line.setAttribute("aria-disabled", "true");
    line.textContent = document.getElementById("words")?.content.querySelector('[data-word="nothing"]')?.textContent ?? "";
    return line;
  };

  const prepare = async (root) => {
    root.querySelector("[data-focus]")?.focus();
    const selects = [...root.querySelectorAll("select[data-search]")];
    if (selects.length === 0) return;
    // Taken before the library is there, so that a second call in the meantime does not take them again.
    for (const select of selects) select.removeAttribute("data-search");
    const TomSelect = await load();
    for (const select of selects) {
      new TomSelect(select, { maxOptions: 300, plugins: select.multiple ? ["remove_button"] : [], render: { no_results: nothing } });
      // The search box carries the label from now on.
      select.setAttribute("aria-hidden", "true");
    }
  };

  prepare(document);
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // Coming back by the browser's button finds the form usable again; so does a slow or lost answer.
    setTimeout(() => delete form.dataset.sent, 5000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();

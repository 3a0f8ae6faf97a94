/* Answers of htmx that are not the part that was asked for: refusals replace the page, faults are said. */
(() => {
  "use strict";

  const failed = () => {
    const text = document.getElementById("words")?.content.querySelector('[data-word="failed"]')?.textContent;
    document.dispatchEvent(new CustomEvent("v:toast", { detail: { text, tone: "error" } }));
  };

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    if (xhr.status < 400 || xhr.status >= 500) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    // A whole page came back (not allowed, not found, signed out): show it whole.
    if (/<html[\s>]/i.test(xhr.responseText.slice(0, 500)) && target !== document.body) {
      event.detail.target = document.body;
      event.detail.swapOverride = "innerHTML";
    }
  });
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
})();

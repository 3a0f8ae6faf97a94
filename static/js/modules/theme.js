/* Changing the appearance without leaving the page, so that nothing typed is lost. */
(() => {
  "use strict";

  const order = ["auto", "light", "dark"];
  const icons = { auto: "device-desktop", light: "sun", dark: "moon" };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-appearance]");
    const button = event.submitter;
    if (!form || button?.name !== "theme") return;
    event.preventDefault();
    const theme = button.value;
    const body = new FormData(form);
    body.set("theme", theme);
    body.delete("next");
    document.documentElement.dataset.bsTheme = theme;
    button.value = order[(order.indexOf(theme) + 1) % order.length];
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icons[theme]}`));
    const label = button.getAttribute("aria-label").replace(/:.*/, "");
    button.setAttribute("aria-label", `${label}: ${button.dataset.names.split("|")[order.indexOf(theme)]}`);
    document.dispatchEvent(new CustomEvent("v:theme"));
    await fetch(form.action, { method: "POST", body });
  });
})();

/* Toasts leave by themselves, except warnings; nobody loses one under the pointer or the focus. Undo counts ten seconds. */
(() => {
  "use strict";

  const region = document.getElementById("toasts");
  if (!region) return;

  const prepare = (toast) => {
    if (toast.dataset.live) return;
    toast.dataset.live = "yes";
    const undo = toast.querySelector("[data-undo] progress");
    const stays = toast.matches(".is-warning, .is-error");
    const seconds = undo ? Number(undo.max) : 7;
    const started = performance.now();
    const tick = () => {
      if (!toast.isConnected) return;
      const left = seconds - (performance.now() - started) / 1000;
      if (undo) undo.value = Math.max(0, left);
      if (left <= 0 && !stays && !toast.matches(":hover, :focus-within")) {
        toast.remove();
        return;
      }
      setTimeout(tick, undo ? 200 : 500);
    };
    tick();
  };

  const prepareAll = () => region.querySelectorAll("[data-toast]").forEach(prepare);
  prepareAll();
  new MutationObserver(prepareAll).observe(region, { childList: true });

  region.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) event.target.closest("[data-toast]").remove();
  });

  document.addEventListener("v:toast", (event) => {
    const toast = document.createElement("div");
    toast.className = `v-toast is-${event.detail.tone}`;
    toast.dataset.toast = "";
    toast.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = event.detail.text;
    toast.append(text);
    region.append(toast);
    if (event.detail.tone === "error") setTimeout(() => toast.remove(), 10000);
  });
})();

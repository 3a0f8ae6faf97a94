/* Keeps "2 hr ago" true while the page stays open; the words come from the same tables (CLDR) as on the server. */
(() => {
  "use strict";

  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: "short", numeric: "always" });
  const units = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const opened = Date.now();

  const refresh = () => {
    // What the server just wrote is right; do not touch it in the first minute.
    if (Date.now() - opened < 55000) return;
    for (const element of document.querySelectorAll("time[title]")) {
      const seconds = (Date.parse(element.dateTime) - Date.now()) / 1000;
      const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units.at(-1);
      element.textContent = format.format(Math.round(seconds / length), unit);
    }
  };

  setInterval(refresh, 30000);
})();

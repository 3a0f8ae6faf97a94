/* A grid of links: one stop of the Tab key, walked with the arrow keys. Without scripts every link is a stop. */
(() => {
  "use strict";

  const linkIn = (row, place) => row?.cells[place]?.querySelector("a");
  const rowsOf = (grid) => [...grid.querySelectorAll("tbody tr")].filter((row) => row.querySelector("td.v-cell a"));

  const enter = (grid, link) => {
    for (const other of grid.querySelectorAll('td.v-cell a[tabindex="0"]')) other.tabIndex = -1;
    link.tabIndex = 0;
  };

  const prepare = (root) => {
    for (const grid of root.querySelectorAll("[data-grid]")) {
      const links = [...grid.querySelectorAll("td.v-cell a")];
      for (const link of links) link.tabIndex = -1;
      const today = grid.querySelector("thead .is-today");
      const first = linkIn(rowsOf(grid)[0], today?.cellIndex ?? -1) ?? links[0];
      if (first) enter(grid, first);
      // Where the days do not fit, today is what one looks for.
      const scroller = grid.closest(".v-scroll");
      if (today && scroller) scroller.scrollLeft = Math.max(0, today.offsetLeft + today.offsetWidth - scroller.clientWidth);
    }
  };
  document.addEventListener("DOMContentLoaded", () => prepare(document));
  document.addEventListener("htmx:load", (event) => prepare(event.target));

  document.addEventListener("keydown", (event) => {
    const link = event.target.closest?.("[data-grid] td.v-cell a");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    const grid = link.closest("[data-grid]");
    const row = link.closest("tr");
    const rows = rowsOf(grid);
    const place = link.closest("td").cellIndex;
    const inRow = [...row.querySelectorAll("td.v-cell a")];
    const target = {
      ArrowLeft: () => linkIn(row, place - 1),
      ArrowRight: () => linkIn(row, place + 1),
      ArrowUp: () => linkIn(rows[rows.indexOf(row) - 1], place),
      ArrowDown: () => linkIn(rows[rows.indexOf(row) + 1], place),
      Home: () => inRow[0],
      End: () => inRow[inRow.length - 1],
    }[event.key]?.();
    if (!target) return;
    event.preventDefault();
    enter(grid, target);
    target.focus();
  });
})();

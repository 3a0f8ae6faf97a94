/* The command palette: Ctrl K, then pages, actions of this page, or a search. It knows what the page shows, nothing more. */
(() => {
  "use strict";

  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  const pattern = dialog.querySelector("template:not([data-word])");
  const word = (name) => dialog.querySelector(`template[data-word="${name}"]`).content.textContent;
  let commands = [];
  let chosen = 0;

  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{Diacritic}/gu, "").replaceAll("ß", "ss");
  const labelOf = (element) => {
    const copy = element.cloneNode(true);
    for (const extra of copy.querySelectorAll("kbd, b, svg")) extra.remove();
    return copy.textContent.trim().replace(/\s+/g, " ");
  };

  /* A link of the navigation belongs to its job, anything else to the page. */
  const groupOf = (element) => {
    const heading = element.closest("ul[aria-labelledby]")?.getAttribute("aria-labelledby");
    return element.closest(".v-nav") ? (document.getElementById(heading)?.textContent ?? "") : word("page");
  };

  const gather = () => {
    const found = [...document.querySelectorAll(".v-page-actions :is(a, button), [data-palette]")].filter((element) => !element.closest("dialog"));
    commands = found.map((element) => ({
      element,
      label: labelOf(element),
      group: groupOf(element),
      key: element.dataset.key ?? "",
    }));
  };

  /* Every typed word must begin a word of the label; earlier matches rank higher. */
  const score = (command, words) => {
    const label = ` ${plain(command.label)} ${plain(command.group)}`;
    let sum = 0;
    for (const part of words) {
      const at = label.indexOf(` ${part}`);
      if (at < 0) return -1;
      sum += at;
    }
    return sum;
  };

  const choose = (at) => {
    const options = [...list.children];
    chosen = options.length ? (at + options.length) % options.length : 0;
    options.forEach((option, index) => option.setAttribute("aria-selected", index === chosen));
    options[chosen]?.scrollIntoView({ block: "nearest" });
    if (options[chosen]) input.setAttribute("aria-activedescendant", options[chosen].id);
    else input.removeAttribute("aria-activedescendant");
  };

  const show = () => {
    const words = plain(input.value.trim()).split(/\s+/).filter(Boolean);
    const matches = commands
      .map((command) => ({ command, rank: score(command, words) }))
      .filter((match) => match.rank >= 0)
      .sort((one, other) => one.rank - other.rank)
      .slice(0, 12)
      .map((match) => match.command);
    const search = input.value.trim() && dialog.querySelector("form").getAttribute("action");
    if (search) matches.push({ label: word("search").replace("{}", input.value.trim()), group: "", key: "", element: null });
    list.replaceChildren(
      ...matches.map((command, index) => {
        const option = pattern.content.firstElementChild.cloneNode(true);
        option.id = `palette-option-${index}`;
        option.querySelector(".v-palette-label").textContent = command.label;
        option.querySelector(".v-palette-group").textContent = command.group;
        option.querySelector("kbd").textContent = command.key.toUpperCase();
        option.addEventListener("click", () => run(command));
        option.addEventListener("pointermove", () => choose(index));
        return option;
      }),
    );
    list.commands = matches;
    choose(0);
  };

  const run = (command) => {
    dialog.close();
    if (!command) return;
    if (command.element) command.element.click();
    else dialog.querySelector("form").submit();
  };

  const open = (text = "") => {
    if (dialog.open) return;
    gather();
    input.value = text;
    dialog.showModal();
    show();
    input.focus();
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-palette]")) open(event.target.value ?? "");
    else if (event.target === dialog) dialog.close();
  });
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape") {
      // A search field would only empty itself at the first press.
      event.preventDefault();
      dialog.close();
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(list.commands[chosen]);
    }
  });
})();

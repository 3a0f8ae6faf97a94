/* What was typed into a form survives a lost session, a closed lid, a wrong click: kept in this tab for this person,
   put back into an empty form, forgotten once the form has done its work. */
(() => {
  "use strict";

  const person = document.body.dataset.person;
  const prefix = `draft ${person ?? ""} `;
  const keptFields = "textarea[name], input[name]:not([type]), input[name][type=text], input[name][type=number], input[name][type=date]";
  const drafts = () => Object.keys(sessionStorage).filter((key) => key.startsWith("draft "));
  const keyOf = (form) => `${prefix}${location.pathname} ${[...document.forms].indexOf(form)}`;
  const read = (key) => JSON.parse(sessionStorage.getItem(key) ?? "null");

  if (!person) {
    // Signed out on purpose: leave nothing behind for whoever signs in next in this tab.
    if (!new URLSearchParams(location.search).has("next")) drafts().forEach((key) => sessionStorage.removeItem(key));
    return;
  }

  // The form did its work if we are somewhere else now, or here with good news.
  const succeeded = document.querySelector(".v-toast.is-success");
  for (const key of drafts()) {
    const draft = read(key);
    if (!key.startsWith(prefix) || (draft.sent && (draft.path !== location.pathname || succeeded))) sessionStorage.removeItem(key);
  }

  const forms = document.querySelectorAll("main form.v-form[method=post]");
  for (const form of forms) {
    const key = keyOf(form);
    const draft = read(key);
    // A form that came back with its errors already holds what was typed.
    if (draft && !form.querySelector(".v-errors")) {
      for (const [name, value] of Object.entries(draft.values)) {
        const field = form.elements.namedItem(name);
        if (field instanceof HTMLElement && field.matches(keptFields) && field.value === field.defaultValue) field.value = value;
      }
      for (const group of form.querySelectorAll("details")) {
        if ([...group.querySelectorAll(keptFields)].some((field) => field.value !== field.defaultValue)) group.open = true;
      }
    }

    const keep = (sent) => {
      const changed = [...form.querySelectorAll(keptFields)].filter((field) => field.value !== field.defaultValue);
      const values = Object.fromEntries(changed.map((field) => [field.name, field.value]));
      if (changed.length || sent) sessionStorage.setItem(key, JSON.stringify({ path: location.pathname, sent, values }));
      else sessionStorage.removeItem(key);
    };
    form.addEventListener("input", () => keep(false));
    form.addEventListener("submit", () => keep(true));
  }
})();

// The filter bar: its state, its listeners, and the URL fragment that stores its state.
"use strict";

const { paused, visible, element } = window.page;
const form = document.getElementById("filters");
const listeners = [];
const FIELDS = [...form.elements].map((one) => one.name).filter(Boolean);

function current() {
  const state = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));
  return { ...state, text: state.text.trim().toLowerCase() };
}

// Whether an object with these four attributes matches; the caller matches the text.
function passes(state, one) {
  return (
    (!state.label || state.label === one.label) &&
    (!state.generator || state.generator === one.generator) &&
    (!state.origin || state.origin === one.origin) &&
    (!state.split || state.split === one.split)
  );
}

function options(name, values) {
  const select = form.elements[name];
  const known = [...new Set(values)].filter((value) => value !== "").sort((a, b) => a.localeCompare(b, "en"));
  const added = known.filter((value) => ![...select.options].some((option) => option.value === value));
  select.append(...added.map((value) => element("option", { value }, visible(value))));
  select.closest("label").hidden = !known.length;
}

function notify() {
  const state = current();
  const kept = FIELDS.filter((name) => state[name]).map((name) => [name, form.elements[name].value]);
  history.replaceState(null, "", kept.length ? `#?${new URLSearchParams(kept)}` : location.pathname + location.search);
  for (const listener of listeners) listener(state);
}

function restore() {
  if (!location.hash.startsWith("#?")) return;
  for (const [name, value] of new URLSearchParams(location.hash.slice(2))) {
    if (FIELDS.includes(name)) form.elements[name].value = value;
  }
}

const soon = paused(notify, 120);
form.elements.text.addEventListener("input", soon);
form.addEventListener("change", notify);
form.addEventListener("reset", () => setTimeout(notify));
form.addEventListener("submit", (event) => event.preventDefault());

window.page.filter = {
  options,
  passes,
  current,
  start(listener) {
    listeners.push(listener);
  },
  open() {
    restore();
    notify();
  },
};

// Shared functions. Names are data: `visible` escapes each shown text, and it is inserted as text, never as markup.
"use strict";

// Control, direction, unassigned and private characters become visible escapes; line ends are kept in prose.
function visible(value, prose = false) {
  return String(value).replace(/\p{C}/gu, (character) => {
    if (prose && character === "\n") return character;
    const code = character.codePointAt(0);
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
    return `\\U${code.toString(16).padStart(8, "0")}`;
  });
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const count = new Intl.NumberFormat("en-GB").format;

function images(number) {
  return number === 1 ? "1 image" : `${count(number)} images`;
}

function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (bytes < 1000) return `${unit === "B" || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${unit}`;
    bytes /= 1000;
  }
  return `${bytes.toFixed(1)} TB`;
}

function labelled(label) {
  return element("span", { class: `${label}-text` }, label);
}

// Returns a function that runs the last of many calls after a pause (debounce).
function paused(action, milliseconds) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), milliseconds);
  };
}

window.page = { visible, element, count, images, size, labelled, paused };

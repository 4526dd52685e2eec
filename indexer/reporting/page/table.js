// All rows, fifty per page. The rows are stored as base64 of gzipped JSON, in slices of columns.
"use strict";

const { element, visible, count, size, labelled } = window.page;
const PAGE = 50;

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// Slices of columns -> rows; the text for the filter is converted to lower case once.
function rowsOf(slices, groups) {
  const rows = [];
  for (const slice of slices) {
    for (let at = 0; at < slice.row_id.length; at += 1) {
      const row = { at: rows.length, ...groups[slice.group_id[at]] };
      for (const name of Object.keys(slice)) row[name] = slice[name][at];
      row.haystack = `${row.file_id} ${row.member} ${row.text}`.toLowerCase();
      rows.push(row);
    }
  }
  return rows;
}

function pixels(row) {
  return row.width ? `${row.width} × ${row.height}` : "";
}

function line(row, open) {
  const name = element("button", { type: "button", class: "open", "data-row": row.row_id }, element("bdi", {}, visible(row.file_id)));
  name.addEventListener("click", () => open(row));
  const cells = [name, labelled(row.label), visible(row.generator), visible(row.origin), visible(row.split), pixels(row),
    visible(row.format), row.jpeg_quality ?? "", size(row.size)];
  return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));
}

class Table {
  constructor(rows, open) {
    this.rows = rows;
    this.open = open;
    this.body = document.querySelector("#table tbody");
    this.buttons = Object.fromEntries([...document.querySelectorAll("[data-page]")].map((one) => [one.dataset.page, one]));
    for (const [name, button] of Object.entries(this.buttons)) button.addEventListener("click", () => this.turn(name));
  }

  filter(state) {
    const { passes } = window.page.filter;
    const words = state.text.split(/\s+/).filter(Boolean);
    this.found = this.rows.filter((row) => passes(state, row) && words.every((word) => row.haystack.includes(word)));
    this.show(0);
  }

  get last() {
    return Math.max(0, Math.ceil(this.found.length / PAGE) - 1);
  }

  turn(name) {
    const to = { first: 0, previous: this.page - 1, next: this.page + 1, last: this.last }[name];
    this.show(Math.min(Math.max(to, 0), this.last));
  }

  show(page) {
    this.page = page;
    const start = page * PAGE;
    const shown = this.found.slice(start, start + PAGE);
    this.body.replaceChildren(...shown.map((row) => line(row, this.open)));
    const end = start + shown.length;
    document.getElementById("page").textContent = shown.length
      ? `${count(start + 1)}–${count(end)} of ${count(this.found.length)}`
      : "no row matches";
    this.buttons.first.disabled = this.buttons.previous.disabled = page === 0;
    this.buttons.last.disabled = this.buttons.next.disabled = page === this.last;
  }
}

window.page.table = { Table, unpacked, rowsOf };

// Thumbnails: open one, mark several, and save the marked ones as a selection. Also: requests to the server.
"use strict";

const { element, visible, images, filter, detail } = window.page;
const byId = (id) => document.getElementById(id);
const marked = new Set(); // file_ids, in the order in which they were marked

async function get(address, options) {
  const answer = await fetch(address, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error ?? answer.statusText);
  return body;
}

function parameters() {
  const kept = Object.entries(filter.current()).filter(([, value]) => value);
  return new URLSearchParams(kept);
}

function post(address, body) {
  return get(address, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

// `rows` are the images of the grid that the thumbnail belongs to.
function thumbnail(row, at, rows) {
  const name = visible(row.file_id);
  const image = element("img", { src: `thumbnail/${row.member_id}`, loading: "lazy", decoding: "async", alt: `${row.label}, ${visible(row.generator || row.origin)}: ${name}` });
  const button = element("button", { type: "button", class: `thumb ${row.label}`, "data-row": row.member_id }, image);
  image.addEventListener("error", () => explain(button, row, name));
  button.addEventListener("click", () => open(rows, at));
  const box = element("input", { type: "checkbox", class: "mark", "aria-label": `Mark ${name}` });
  box.checked = marked.has(row.file_id);
  box.dataset.id = row.file_id;
  box.addEventListener("change", () => {
    if (box.checked) marked.add(row.file_id);
    else marked.delete(row.file_id);
    showMarks();
  });
  return element("li", {}, button, box, element("p", { title: name }, element("bdi", {}, name)));
}

async function explain(button, row, name) {
  const reason = await get(`thumbnail/${row.member_id}`).then(() => "", (error) => error.message);
  button.replaceChildren(element("span", { class: "unshown" }, name, element("small", {}, visible(reason))));
}

function open(rows, at) {
  const row = rows[at];
  byId("similar").dataset.member = row.member_id;
  detail.open(row, `image/${row.member_id}`, (step) => open(rows, (at + step + rows.length) % rows.length));
}

function showMarks() {
  for (const box of document.querySelectorAll(".mark")) box.checked = marked.has(box.dataset.id);
  byId("marked").hidden = marked.size === 0;
  byId("marks").textContent = `${images(marked.size)} marked`;
  byId("marked-saved").textContent = "";
}

function mark(rows) {
  for (const row of rows) marked.add(row.file_id);
  showMarks();
}

byId("clear-marks").addEventListener("click", () => { marked.clear(); showMarks(); });

// Writes the progress and the result to `output`.
async function saveSelection(query, name, output) {
  output.textContent = "saving …";
  try {
    await post("api/select", { query, name });
    output.textContent = `saved: ${visible(name)}`;
    const choices = await get("api/choices");
    filter.options("selection", choices.selection);
  } catch (error) {
    output.textContent = visible(error.message);
  }
}

byId("marked").addEventListener("submit", (event) => {
  event.preventDefault();
  const ids = [...marked].map((id) => `'${id.replaceAll("'", "''")}'`).join(", ");
  const query = `select file_id from manifest where file_id in (${ids})`;
  saveSelection(query, byId("marked").elements.name.value, byId("marked-saved"));
});

Object.assign(window.page, { get, post, parameters, thumbnail, saveSelection, mark, marks: () => [...marked] });

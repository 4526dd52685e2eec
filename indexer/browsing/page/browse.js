// The browser of a manifest: asks the server for what the filter lets through, and shows it.
"use strict";

const { element, visible, count, images, filter, detail } = window.page;
const byId = (id) => document.getElementById(id);
const grid = byId("grid");
const SCREEN = 60; // images, as indexer/browsing/queries.py has it

// The file id and member that each screen starts behind; the last is the screen that is shown.
let starts = [null];
let shown = [];
let asked = 0;
let tallied = 0;
let total = Infinity; // images that pass the filter, once they are counted

async function ask(address, options) {
  const answer = await fetch(address, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error ?? answer.statusText);
  return body;
}

function parameters() {
  const kept = Object.entries(filter.current()).filter(([, value]) => value);
  return new URLSearchParams(kept);
}

function picture(row, at) {
  const name = visible(row.file_id);
  const image = element("img", { src: `/thumbnail/${row.member_id}`, loading: "lazy", decoding: "async", alt: `${row.label}, ${visible(row.generator || row.origin)}: ${name}` });
  const button = element("button", { type: "button", class: `thumb ${row.label}`, "data-row": row.member_id }, image);
  image.addEventListener("error", () => explain(button, row, name));
  button.addEventListener("click", () => open(at));
  return element("li", {}, button, element("p", { title: name }, element("bdi", {}, name)));
}

async function explain(button, row, name) {
  const why = await ask(`/thumbnail/${row.member_id}`).then(() => "", (error) => error.message);
  button.replaceChildren(element("span", { class: "unshown" }, name, element("small", {}, visible(why))));
}

function open(at) {
  const row = shown[at];
  detail.open(row, `/image/${row.member_id}`, (step) => open((at + step + shown.length) % shown.length));
}

async function show() {
  const turn = (asked += 1);
  grid.setAttribute("aria-busy", "true");
  const after = starts.at(-1);
  const sent = parameters();
  if (after) {
    sent.set("after_id", after.file_id);
    sent.set("after_member", after.member_id);
  }
  const rows = await ask(`/api/rows?${sent}`).catch((error) => fail(error));
  if (turn !== asked) return;
  grid.setAttribute("aria-busy", "false");
  if (!rows) return;
  shown = rows;
  grid.replaceChildren(...rows.map(picture));
  byId("none").hidden = rows.length > 0;
  byId("first").disabled = byId("previous").disabled = starts.length === 1;
  place();
}

function place() {
  const last = Math.max(1, Math.ceil(total / SCREEN));
  byId("next").disabled = shown.length < SCREEN || starts.length >= last;
  byId("page").textContent = `screen ${count(starts.length)}${Number.isFinite(last) ? ` of ${count(last)}` : ""}`;
}

function fail(error) {
  byId("none").hidden = false;
  byId("none").textContent = error.message;
}

async function tally() {
  const mine = (tallied += 1);
  total = Infinity;
  byId("matching").textContent = "counting …";
  const counted = await ask(`/api/count?${parameters()}`).catch(() => null);
  if (mine !== tallied || counted === null) return;
  total = counted;
  byId("matching").textContent = images(counted);
  place();
}

byId("first").addEventListener("click", () => { starts = [null]; show(); });
byId("previous").addEventListener("click", () => { starts.pop(); show(); });
byId("next").addEventListener("click", () => {
  if (grid.getAttribute("aria-busy") === "true") return; // what the next screen starts behind is still to come
  starts.push(shown.at(-1));
  show();
});

function line(columns, values) {
  const member = columns.indexOf("member_id");
  const cells = values.map((value, at) => {
    if (at !== member || !/^\d+$/.test(value)) return element("td", {}, visible(value, true));
    return element("td", {}, element("a", { href: `/image/${value}`, target: "_blank", rel: "noreferrer" }, value));
  });
  return element("tr", {}, ...cells);
}

async function query(event) {
  event.preventDefault();
  byId("failed").textContent = byId("answered").textContent = "";
  byId("answer").replaceChildren();
  const body = JSON.stringify({ query: byId("query").elements.query.value });
  try {
    const found = await ask("/api/sql", { method: "POST", headers: { "content-type": "application/json" }, body });
    const head = element("thead", {}, element("tr", {}, ...found.columns.map((name) => element("th", { scope: "col" }, visible(name)))));
    byId("answer").replaceChildren(head, element("tbody", {}, ...found.rows.map((row) => line(found.columns, row))));
    byId("answered").textContent = `${count(found.rows.length)} ${found.rows.length === 1 ? "row" : "rows"}${found.more ? "; there are more" : ""}`;
  } catch (error) {
    byId("failed").textContent = visible(error.message);
  }
}

byId("query").addEventListener("submit", query);
byId("query").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("query").requestSubmit();
});

async function start() {
  const offered = await ask("/api/choices");
  for (const [name, values] of Object.entries(offered)) filter.options(name, values);
  filter.start(async () => {
    starts = [null];
    await Promise.all([show(), tally()]);
    document.documentElement.dataset.ready = "";
  });
  filter.open();
}

start();

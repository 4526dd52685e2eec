// The page of `browse`: requests the images that match the filter from the server and shows them.
"use strict";

const { element, visible, count, images, filter, detail, get, post, parameters, thumbnail, saveSelection } = window.page;
const byId = (id) => document.getElementById(id);
const grid = byId("grid");
const PAGE_SIZE = Number(grid.dataset.pageSize);

// The last image before each page; the last entry belongs to the page that is shown.
let starts = [null];
let shown = [];
let requests = 0;
let counts = 0;
let total = Infinity; // images that match the filter, once they are counted

function showChosen(rows) {
  byId("chosen").replaceChildren(...rows.map(thumbnail));
}

byId("similar").addEventListener("click", async () => {
  try {
    const rows = await get(`api/similar/${byId("similar").dataset.member}`);
    showChosen(rows);
    byId("answered").textContent = rows.length ? `${images(rows.length)} with a near perceptual hash` : "this image was never inspected: run 'python -m indexer inspect --all'";
    byId("detail").close();
    byId("sql").scrollIntoView();
  } catch (error) {
    byId("failed").textContent = visible(error.message);
  }
});

byId("save").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = byId("save").elements.name.value;
  await saveSelection(byId("save").dataset.query, name, byId("saved"));
});

byId("show-marked").addEventListener("click", async () => {
  showChosen(await post("api/images", { file_ids: window.page.marks().join("\n") }));
  byId("chosen").scrollIntoView();
});
byId("mark-all").addEventListener("click", () => window.page.mark(shown));

async function show() {
  const request = (requests += 1);
  grid.setAttribute("aria-busy", "true");
  const after = starts.at(-1);
  const sent = parameters();
  if (after) {
    sent.set("after_id", after.file_id);
    sent.set("after_member", after.member_id);
  }
  const rows = await get(`api/rows?${sent}`).catch((error) => fail(error));
  if (request !== requests) return; // a later request was sent meanwhile
  grid.setAttribute("aria-busy", "false");
  if (!rows) return;
  shown = rows;
  grid.replaceChildren(...rows.map(thumbnail));
  byId("none").hidden = rows.length > 0;
  byId("first").disabled = byId("previous").disabled = starts.length === 1;
  place();
}

function place() {
  const last = Math.max(1, Math.ceil(total / PAGE_SIZE));
  byId("next").disabled = shown.length < PAGE_SIZE || starts.length >= last;
  byId("page").textContent = `page ${count(starts.length)}${Number.isFinite(last) ? ` of ${count(last)}` : ""}`;
}

function fail(error) {
  byId("none").hidden = false;
  byId("none").textContent = error.message;
}

async function countImages() {
  const request = (counts += 1);
  total = Infinity;
  byId("matching").textContent = "counting …";
  const counted = await get(`api/count?${parameters()}`).catch(() => null);
  if (request !== counts || counted === null) return;
  total = counted;
  byId("matching").textContent = images(counted);
  place();
}

byId("first").addEventListener("click", () => { starts = [null]; show(); });
byId("previous").addEventListener("click", () => { starts.pop(); show(); });
byId("next").addEventListener("click", () => {
  if (grid.getAttribute("aria-busy") === "true") return; // the last image of this page has not arrived
  starts.push(shown.at(-1));
  show();
});

function line(columns, values) {
  const member = columns.indexOf("member_id");
  const cells = values.map((value, at) => {
    if (at !== member || !/^\d+$/.test(value)) return element("td", {}, visible(value, true));
    return element("td", {}, element("a", { href: `image/${value}`, target: "_blank", rel: "noreferrer" }, value));
  });
  return element("tr", {}, ...cells);
}

async function query(event) {
  event.preventDefault();
  byId("failed").textContent = byId("answered").textContent = "";
  byId("answer").replaceChildren();
  byId("chosen").replaceChildren();
  byId("save").hidden = true;
  const text = byId("query").elements.query.value;
  try {
    const found = await post("api/sql", { query: text });
    const head = element("thead", {}, element("tr", {}, ...found.columns.map((name) => element("th", { scope: "col" }, visible(name)))));
    byId("answer").replaceChildren(head, element("tbody", {}, ...found.rows.map((row) => line(found.columns, row))));
    const ids = found.columns.indexOf("file_id");
    if (ids >= 0 && found.rows.length) {
      byId("save").dataset.query = text;
      byId("save").hidden = false;
      showChosen(await post("api/images", { file_ids: found.rows.map((row) => row[ids]).join("\n") }));
    }
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
  const choices = await get("api/choices");
  for (const [name, values] of Object.entries(choices)) filter.options(name, values);
  filter.start(async () => {
    starts = [null];
    await Promise.all([show(), countImages()]);
    document.documentElement.dataset.ready = "";
  });
  filter.open();
}

start();

// The report: reads its data and connects filter, charts, thumbnails, table and detail view.
"use strict";

const { filter, Chart, detail, table, images } = window.page;
const data = JSON.parse(document.getElementById("data").textContent);

// Columns -> rows.
function records(columns) {
  const names = Object.keys(columns);
  return (columns[names[0]] ?? []).map((_, at) => Object.fromEntries(names.map((name) => [name, columns[name][at]])));
}

const groups = records(data.groups).map((group) => ({ ...group, label: group.label ? "fake" : "real" }));
const traits = records(data.traits);
const splits = [...new Set(groups.map((group) => group.split))].sort();
const nameOf = (group) => group.generator || group.origin;

// Sums `images` per key; `keyed` returns the key of a row. Other fields are those of the first row of a key.
function summed(rows, keyed) {
  const sums = new Map();
  for (const row of rows) {
    const key = keyed(row);
    const known = sums.get(key);
    if (known) known.images += row.images;
    else sums.set(key, { ...row });
  }
  return [...sums.values()];
}

function byName(rows) {
  const total = new Map();
  for (const row of rows) total.set(row.name, (total.get(row.name) ?? 0) + row.images);
  return rows.sort((a, b) => (a.label < b.label) - (a.label > b.label) || total.get(b.name) - total.get(a.name) || (a.name < b.name ? -1 : 1));
}

function counts(label) {
  return (passing) => counted(passing.filter((group) => group.label === label));
}

function counted(passing) {
  const rows = summed(passing, (group) => JSON.stringify([group.label, nameOf(group), group.split]));
  return byName(rows.map((group) => ({ name: nameOf(group), label: group.label, split: group.split, images: group.images, _order: splits.indexOf(group.split) })));
}

function origins(passing) {
  const rows = summed(passing.filter((group) => group.label === "fake"), (group) => JSON.stringify([group.generator, group.origin]));
  return rows.map(({ generator, origin, images }) => ({ generator, origin, images, _label: "fake" }));
}

function timeline(passing) {
  const images = new Map(summed(passing, (group) => group.generator).map((group) => [group.generator, group.images]));
  const rows = records(data.timeline).filter((row) => images.has(row.generator));
  return rows.map((row) => ({ generator: row.generator, released: row.released, images: images.get(row.generator), label: "fake" }));
}

function binned(passing, trait) {
  const known = new Map(passing.map((group) => [group.group_id, group]));
  const rows = traits.filter((row) => row.trait === trait && known.has(row.group_id));
  return rows.map((row) => ({ ...known.get(row.group_id), bin: row.bin, bin_number: row.bin_number, images: row.images }));
}

// The images of each bin as a fraction of all rows with the same key; `of` returns the key.
function shared(rows, of) {
  const total = new Map(summed(rows, of).map((row) => [of(row), row.images]));
  return rows.map((row) => ({ ...row, share: row.images / total.get(of(row)) }));
}

function shares(trait) {
  return (passing) => {
    const rows = shared(summed(binned(passing, trait), (row) => JSON.stringify([row.label, row.bin])), (row) => row.label);
    rows.sort((a, b) => a.bin_number - b.bin_number || (a.bin < b.bin ? -1 : a.bin > b.bin ? 1 : 0));
    return rows.map(({ bin, label, share, images }) => ({ bin, label, share, images }));
  };
}

function heat(passing) {
  const trait = document.getElementById("heat-trait").value;
  const rows = summed(binned(passing, trait), (row) => JSON.stringify([row.label, nameOf(row), row.bin]));
  const named = shared(rows, (row) => JSON.stringify([row.label, nameOf(row)]));
  return byName(named.map((row) => ({ name: nameOf(row), label: row.label, bin: row.bin, share: row.share, images: row.images, _bin: row.bin_number })));
}

// The values of a chart: `data-chart` is the name of its specification and, after a colon, an argument.
const VALUES = { counts, shares, origins: () => origins, timeline: () => timeline, heat: () => heat };
const charts = [...document.querySelectorAll("[data-chart]")].map((figure) => {
  const [name, what] = figure.dataset.chart.split(":");
  return new Chart(figure, data.charts[name], VALUES[name](what));
});

// Thumbnails: hidden by the filter, opened by a click or Enter.
const pictures = [...document.querySelectorAll(".thumb")].map((button) => {
  const holder = button.closest("[data-label]");
  return { button, holder, text: button.dataset.text, ...holder.dataset };
});

function sift(state) {
  const words = state.text.split(/\s+/).filter(Boolean);
  const kept = new Map();
  for (const one of pictures) {
    const fits = filter.passes(state, one) && words.every((word) => one.text.includes(word));
    kept.set(one.holder, kept.get(one.holder) || fits);
  }
  for (const [holder, fits] of kept) holder.hidden = !fits;
  for (const sheet of document.querySelectorAll(".sheet, .clusters > li")) sheet.hidden = !sheet.querySelector("[data-label]:not([hidden])");
  document.querySelector("#sheets .none").hidden = Boolean(document.querySelector(".sheet:not([hidden])"));
}

function visiblePictures() {
  return pictures.filter((one) => one.button.offsetParent !== null);
}

function openPicture(one) {
  const row = data.details[one.button.dataset.row];
  detail.open(row, one.button.querySelector("img")?.src ?? null, (step) => {
    const shown = visiblePictures();
    openPicture(shown[(shown.indexOf(one) + step + shown.length) % shown.length]);
  });
}

for (const one of pictures) one.button.addEventListener("click", () => openPicture(one));

function openRow(row) {
  const known = data.details[row.row_id] ?? row;
  const image = document.querySelector(`.thumb[data-row="${row.row_id}"] img`);
  detail.open(known, image?.src ?? null, null);
}

async function start() {
  for (const name of ["generator", "origin", "split"]) filter.options(name, groups.map((group) => group[name]));
  const passing = () => groups.filter((group) => filter.passes(filter.current(), group));
  document.getElementById("heat-trait")?.addEventListener("change", () => charts.find((chart) => chart.values === heat).update(passing()));
  filter.start((state) => {
    sift(state);
    const total = passing().reduce((sum, group) => sum + group.images, 0);
    document.getElementById("matching").textContent = images(total);
    window.page.drawn = Promise.all(charts.map((chart) => chart.update(passing())));
  });
  filter.open();
  const rows = table.rowsOf(await table.unpacked(document.getElementById("packed-rows").textContent), groups);
  const paged = new table.Table(rows, openRow);
  filter.start((state) => {
    paged.filter(state);
    if (state.text) document.getElementById("matching").textContent = images(paged.found.length);
  });
  paged.filter(filter.current());
  await window.page.drawn;
  document.documentElement.dataset.ready = "";
}

start();

// The distribution of a column over the images that match the filter. A bar of a column that can be filtered sets the filter.
"use strict";

const { element, visible, count, get, parameters, filter } = window.page;
const byId = (id) => document.getElementById(id);
const form = byId("filters");
let requests = 0;

async function showValues() {
  if (!byId("values").open) return;
  const request = (requests += 1);
  const column = byId("column").value;
  const bars = await get(`api/values/${column}?${parameters()}`).catch((error) => [{ text: error.message, images: 0 }]);
  if (request !== requests) return; // a later request was sent meanwhile
  const most = Math.max(1, ...bars.map((bar) => bar.images));
  byId("bars").replaceChildren(...bars.map((bar) => row(column, bar, most)));
}

function row(column, bar, most) {
  const name = visible(bar.text || "(none)");
  const filters = form.elements[column]?.tagName === "SELECT" && bar.text;
  const label = filters ? element("button", { type: "button", class: "quiet" }, name) : element("span", {}, name);
  if (filters) label.addEventListener("click", () => {
    form.elements[column].value = bar.text;
    form.dispatchEvent(new Event("change"));
  });
  const progress = element("progress", { value: bar.images, max: most, "aria-hidden": "true" });
  return element("tr", {}, element("th", { scope: "row" }, label), element("td", {}, progress), element("td", {}, count(bar.images)));
}

byId("values").addEventListener("toggle", showValues);
byId("column").addEventListener("change", showValues);
filter.start(showValues);

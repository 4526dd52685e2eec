// The charts: Vega-Lite specifications, drawn again when the filter or the colour scheme changes. Expressions are
// interpreted, not compiled, so that the security policy of the page can forbid eval.
"use strict";

const { element, visible, count } = window.page;
const dark = matchMedia("(prefers-color-scheme: dark)");
const views = new Map();
const LETTER = 7; // pixels of a label's letter, at most

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function config() {
  const [ink, soft, line] = [colour("ink"), colour("soft"), colour("line")];
  const font = getComputedStyle(document.body).fontFamily;
  return {
    font, background: "transparent", view: { stroke: null },
    range: { category: [colour("real"), colour("fake")], heatmap: [colour("wash"), colour("real")], ramp: [colour("wash"), colour("real")] },
    axis: { labelColor: soft, titleColor: soft, gridColor: line, domain: false, ticks: false, labelFontSize: 11.5, titleFontSize: 11.5, titleFontWeight: 500, labelPadding: 6, labelLimit: 190 },
    legend: { labelColor: ink, titleColor: soft, labelFontSize: 12, orient: "top", title: null, symbolType: "square" },
    header: { labelColor: ink }, text: { color: ink }, bar: { cornerRadiusEnd: 2 },
  };
}

// The height for a step per row, in pixels: given a step, Vega-Lite would warn that only the width fits.
function heightOf(spec, values) {
  if (!spec.height.step) return spec.height;
  return spec.height.step * Math.max(1, new Set(values.map((one) => one[spec.encoding.y.field])).size);
}

// Names along the x axis are horizontal if the longest fits, else rotated.
function flattened(encoding, values, width) {
  const { x } = encoding;
  if (!x.axis.labelAngle) return encoding;
  const names = [...new Set(values.map((one) => String(one[x.field])))];
  const room = width * 0.8 / names.length / LETTER;
  return names.some((name) => name.length > room) ? encoding : { ...encoding, x: { ...x, axis: { ...x.axis, labelAngle: 0 } } };
}

async function draw(figure, spec, values) {
  const plot = figure.querySelector(".plot");
  views.get(figure)?.finalize();
  views.delete(figure);
  if (!values.length) {
    plot.replaceChildren(element("p", { class: "none" }, "No image."));
    return;
  }
  const encoding = flattened(spec.encoding, values, plot.clientWidth);
  const sized = { ...spec, encoding, height: heightOf(spec, values), data: { name: "rows", values } };
  const embedded = await window.vegaEmbed(plot, sized, { config: config(), renderer: "svg", actions: false, ast: true, tooltip: { theme: "custom" } });
  views.set(figure, embedded);
}

function columnsOf(values) {
  return values.length ? Object.keys(values[0]).filter((name) => !name.startsWith("_")) : [];
}

function tabulate(figure, values) {
  const holder = figure.querySelector(".figures .scroll");
  const names = columnsOf(values);
  const head = element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name))));
  const cell = (value) => (typeof value === "number" ? count(Math.round(value * 10000) / 10000) : visible(value));
  const body = values.map((one) => element("tr", {}, ...names.map((name) => element("td", {}, cell(one[name])))));
  holder.replaceChildren(element("table", {}, head, element("tbody", {}, ...body)));
}

// One chart: its figure, its specification, and the function from filtered groups to values.
class Chart {
  constructor(figure, spec, values) {
    Object.assign(this, { figure, spec, values });
    const details = figure.querySelector("details");
    details.addEventListener("toggle", () => this.table());
    details.append(window.page.figures.buttons(figure.dataset.chart, {
      view: () => views.get(figure)?.view,
      values: () => [columnsOf(this.shown), this.shown],
    }));
    dark.addEventListener("change", () => this.redraw());
  }

  table() {
    if (this.figure.querySelector("details").open) tabulate(this.figure, this.shown);
  }

  redraw() {
    return draw(this.figure, this.spec, this.shown);
  }

  async update(groups) {
    this.shown = this.values(groups);
    this.table();
    await this.redraw();
  }
}

window.page.Chart = Chart;

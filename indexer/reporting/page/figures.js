// Charts and tables for papers: SVG, CSV and LaTeX, saved as files. Nothing leaves the machine.
"use strict";

const { element } = window.page;
const LATEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };

function latex(value) {
  return String(value ?? "").replace(/[\\~^&%$#_{}]/g, (character) => LATEX[character] ?? `\\${character}`);
}

// A text that a spreadsheet could take for a formula is preceded by an apostrophe.
function csvCell(value) {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function asCsv(names, rows) {
  return [names, ...rows.map((row) => names.map((name) => row[name]))].map((line) => `${line.map(csvCell).join(",")}\n`).join("");
}

function asLatex(names, rows) {
  const columns = names.map((name) => (typeof rows[0]?.[name] === "number" ? "r" : "l")).join("");
  const line = (values) => `  ${values.map(latex).join(" & ")} \\\\\n`;
  const body = rows.map((row) => line(names.map((name) => row[name]))).join("");
  return `\\begin{tabular}{${columns}}\n  \\toprule\n${line(names)}  \\midrule\n${body}  \\bottomrule\n\\end{tabular}\n`;
}

function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// Buttons that save a chart as a picture, and its values as tables. `chart` returns the values and the drawn view.
function buttons(name, chart) {
  const stem = name.replace(/\W+/g, "-");
  const button = (title, action) => {
    const made = element("button", { type: "button", class: "quiet" }, title);
    made.addEventListener("click", action);
    return made;
  };
  return element("div", { class: "exports" },
    button("Save SVG", async () => {
      const view = chart.view();
      if (view) save(`${stem}.svg`, "image/svg+xml", await view.toSVG());
    }),
    button("Save CSV", () => save(`${stem}.csv`, "text/csv", asCsv(...chart.values()))),
    button("Save LaTeX", () => save(`${stem}.tex`, "text/x-tex", asLatex(...chart.values()))));
}

window.page.figures = { buttons, asCsv, asLatex };

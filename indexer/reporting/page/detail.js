// The dialog with the details of an image. Arrow keys show the next one, Escape closes it.
"use strict";

const { element, visible, size } = window.page;
const dialog = document.getElementById("detail");
const NAMES = [
  ["label", "Label"], ["generator", "Generator"], ["origin", "Origin"], ["split", "Split"], ["role", "Role"],
  ["substituted_for", "Substitute for"], ["source", "Source"], ["path", "File or archive"], ["member", "Member"],
  ["shard", "Shard"], ["transform", "Stored as"], ["pixels", "Pixels"], ["format", "Format"], ["mode", "Mode"], ["jpeg_quality", "JPEG quality"],
  ["size", "Size"], ["hash", "SHA-256"], ["phash", "Perceptual hash"], ["description", "Description"],
  ["positive_prompt", "Prompt"], ["negative_prompt", "Negative prompt"], ["conditioning", "Conditioning"],
  ["paired_real_images", "Paired real images"], ["licence", "Licence"], ["status", "Status"], ["reason", "Reason"],
];

function shownValue(name, row) {
  if (name === "pixels") return row.width ? `${row.width} × ${row.height}` : "";
  if (name === "size") return row.size ? `${size(row.size)} (${row.size} bytes)` : "";
  if (name === "status" && row.status === "ok") return "";
  const value = row[name];
  if (Array.isArray(value)) return value.map((one) => visible(one)).join("\n");
  return value === undefined || value === null ? "" : visible(value, true);
}

function facts(row) {
  const lines = NAMES.map(([name, title]) => [title, shownValue(name, row)]).filter(([, value]) => value !== "");
  const cells = lines.flatMap(([title, value]) => [element("dt", {}, title), element("dd", { dir: "auto" }, value)]);
  return element("dl", {}, ...cells);
}

// `url` is the URL of an image, or null; `step` opens a neighbour, or is null.
function open(row, url, step) {
  const name = visible(row.file_id);
  document.getElementById("detail-title").textContent = name;
  const image = url ? element("img", { src: url, alt: `${row.label}: ${name}` }) : null;
  dialog.querySelector(".detail-body").replaceChildren(...[image, facts(row)].filter(Boolean));
  dialog.step = step;
  for (const button of dialog.querySelectorAll("[data-step]")) button.disabled = !step;
  if (!dialog.open) dialog.showModal();
}

dialog.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (event.target === dialog || button?.hasAttribute("data-close")) dialog.close();
  else if (button?.dataset.step) dialog.step?.(Number(button.dataset.step));
});
dialog.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step && dialog.step) {
    event.preventDefault();
    dialog.step(step);
  }
});

window.page.detail = { open };

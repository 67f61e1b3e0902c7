// compare.js - OLD against NEW: the verdict, how large the differences are, what they rest on.
//
// The data is what perfgo compare --format=json writes, with "old_values" and "new_values" (html_data.h) in each row.
"use strict";

data.rows.forEach((row, i) => {
  row.index = i;
  [row.old, row.new] = [row.old_values, row.new_values];
  row.label = row.name.replace(/^Benchmark(?=.)/, "") + (row.procs > 1 ? "-" + row.procs : "");
});
const packages = new Set(data.rows.map((r) => r.pkg));
const units = [...new Set(data.rows.map((r) => r.unit).filter(Boolean))];
const gatedUnits = units.filter((unit) => data.rows.some((r) => r.unit === unit && r.verdict));
const state = { unit: gatedUnits[0] ?? units[0], only: "all", filter: "", picked: null, all: false };
const MAX_BARS = 80, MAX_ROWS = 300;

const nameOf = (r) => (packages.size > 1 ? r.pkg.slice(r.pkg.lastIndexOf("/") + 1) + ": " : "") + r.label;
const verdictOf = (r) => (r.unit == null ? (r.verdict ? "MISSING" : "new") : r.verdict);
const isChanged = (r) => ["better", "worse", "different"].includes(r.change);
const filters = {
  all: ["all", () => true], changed: ["that changed", isChanged], gated: ["that are gated", (r) => r.verdict],
  open: ["that do not pass", (r) => r.verdict && r.verdict !== "PASS"],
};
const matching = () => data.rows.filter((r) => filters[state.only][1](r) && `${r.pkg} ${r.label}`.toLowerCase().includes(state.filter.toLowerCase()));
const colorOf = (r) => ({ better: "var(--good)", worse: "var(--bad)", different: "var(--unsure)" })[r.change] ?? "var(--muted)";
const finite = (row) => row.old && row.new && Number.isFinite(row.relative);

/** The limit of a gate like "ns/op<=+5%", as a share; null for one in the metric's unit. */
function limitOf(row) {
  const match = /[<>]=\s*([+-]?[\d.]+)%/.exec(row.gate ?? "");
  return match ? Number(match[1]) / 100 : null;
}

/** The difference of each benchmark with its interval, and the limits that gates set. */
function forest(rows, width) {
  const label = new Map(rows.map((r) => [r.index, nameOf(r)]));
  const limits = rows.map((r) => ({ index: r.index, limit: limitOf(r) })).filter((r) => r.limit != null);
  const ends = rows.flatMap((r) => [r.relative, r.relative_ci?.[0], r.relative_ci?.[1]]).concat(limits.map((l) => l.limit), 0).filter((x) => x != null && Number.isFinite(x));
  const longest = d3.max(rows, (r) => nameOf(r).length) ?? 0;
  const bounded = rows.filter((r) => r.relative_ci?.every((x) => x != null));
  return Plot.plot({
    width, height: rows.length * 24 + 54, marginBottom: 40, marginLeft: Math.min(width * 0.4, 7.3 * longest + 16), marginRight: 24, style: plotStyle,
    x: { domain: around(ends), label: `difference of the medians, ${state.unit}`, labelArrow: "none", tickFormat: (x) => (x === 0 ? "0" : percent(x).replace(/\.?0+(?=\u202f)/, "")), ticks: Math.max(3, width / 160), grid: true },
    y: { domain: rows.map((r) => r.index), label: null, tickSize: 0, padding: 0.3,
      tickFormat: (key) => { const name = label.get(key); return name.length > width / 18 ? name.slice(0, width / 18) + "…" : name; } },
    marks: [
      Plot.ruleX([0], { stroke: "var(--muted)" }),
      Plot.tickX(limits, { x: "limit", y: "index", stroke: "var(--bad)", strokeDasharray: "3,2" }),
      Plot.ruleY(bounded, { x1: (r) => r.relative_ci[0], x2: (r) => r.relative_ci[1], y: "index", stroke: colorOf, strokeWidth: 2.5 }),
      Plot.dot(rows, { x: "relative", y: "index", r: 4.5, fill: colorOf, stroke: "var(--surface)", title: (r) => `${nameOf(r)}\n${percent(r.relative)}: ${number(r.old.median)} to ${number(r.new.median)} ${r.unit}` }),
    ],
  });
}

function interval(row) {
  if (!row.relative_ci) return "–";
  return row.exact && row.relative_ci[0] === row.relative_ci[1] ? "exact" : row.relative_ci.map((x) => percent(x ?? Infinity)).join(" to ");
}

function verdictCell(row) {
  const verdict = verdictOf(row);
  return [verdict ? el("span", { class: "badge " + verdict }, verdict) : "–", row.advisory && verdict ? " advisory" : "", row.reason && el("div", null, el("small", null, row.reason))];
}

function tableRow(row, i, shown) {
  const again = i > 0 && row.pkg === shown[i - 1].pkg && row.label === shown[i - 1].label;
  const change = isChanged(row) ? row.change : "";
  return el("tr", { class: "pick" + (row === state.picked ? " picked" : ""), onclick: () => { state.picked = row; draw(); details.scrollIntoView({ block: "nearest" }); } },
    el("td", null, !again && el("span", { class: "name", title: `${row.pkg} ${row.label}` }, nameOf(row))), el("td", { class: "metric" }, row.unit ?? "–"),
    el("td", { class: "n" }, number(row.old?.median)), el("td", { class: "n" }, number(row.new?.median)),
    el("td", { class: "n " + change }, row.old && row.new ? percent(row.relative) : "–"), el("td", { class: "n" }, interval(row)),
    el("td", { class: "n" }, row.q == null ? "–" : row.q.toFixed(3)), el("td", { class: change }, row.change === "unknown" ? "–" : row.change), el("td", null, verdictCell(row)));
}

function results(rows) {
  const columns = [["benchmark", ""], ["metric", ""], ["old", "n"], ["new", "n"], ["difference", "n"], [`${data.confidence * 100} % interval`, "n"], ["q", "n"], ["change", ""], ["verdict", ""]];
  const shown = rows.slice(0, state.all ? Infinity : MAX_ROWS);
  return [table(columns, shown.map(tableRow), { class: "results" }), rows.length > shown.length &&
    el("p", { class: "note" }, `${shown.length} of ${rows.length} results. `, el("button", { onclick: () => { state.all = true; draw(); } }, "Show all"))];
}

/** What the sides of one benchmark's metrics look like, repeat by repeat. */
function distributions(row) {
  const same = data.rows.filter((r) => r.unit && r.pkg === row.pkg && r.label === row.label && (r.old || r.new));
  const side = (r, key) => r[key] && { ...r[key], unit: r.unit, better: r.better, ordered: false };
  return same.length ? metricCards([same.map((r) => side(r, "old")).filter(Boolean), same.map((r) => side(r, "new")).filter(Boolean)]) : el("p", { class: "note" }, row.reason || "It is on one side only.");
}

const forestBox = el("figure"), forestNote = el("div"), tableBox = el("section", { class: "card", id: "results" }), details = el("div");
let forestWidth = 0;

function drawForest() {
  const rows = matching().filter((r) => r.unit === state.unit), drawn = rows.filter(finite), shown = drawn.slice(0, MAX_BARS);
  fill(forestBox, shown.length ? forest(shown, forestWidth) : el("p", { class: "note" }, "Nothing to draw: no result with both sides matches."));
  const notes = [];
  if (drawn.length > shown.length) notes.push(`the first ${shown.length} of ${drawn.length}; a filter shows others`);
  if (rows.length > drawn.length) notes.push(`${rows.length - drawn.length} without a difference in percent are only in the table`);
  fill(forestNote, notes.length ? el("p", { class: "note" }, notes.join("; ") + ".") : "");
}

function draw() {
  if (forestWidth > 0) drawForest();
  fill(tableBox, results(matching()));
  fill(details, ...(state.picked ? [el("h2", null, "Repeats of ", el("span", { class: "name" }, nameOf(state.picked))), el("div", { id: "repeats" }, distributions(state.picked))] : []));
}

const order = ["FAIL", "INCONCLUSIVE", "PASS", null];
state.picked = d3.least(data.rows, (a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || a.index - b.index);
const plural = (n, text) => `${n} ${text}${n === 1 ? "" : "s"}`;

fill(page, 
  el("h1", null, "Comparison"), el("div", { class: "sub" }, packages.size === 1 ? [...packages][0] : `${packages.size} packages`, ` · ${plural(new Set(data.rows.map((r) => r.pkg + r.label)).size, "benchmark")} · ${plural(units.length, "metric")}`),
  el("section", { class: "verdict " + data.verdict }, el("b", null, data.verdict),
    `of ${plural(data.gated, "gated result")} ${data.passed} passed, ${data.failed} failed, ${data.inconclusive} inconclusive`,
    data.reasons.length > 0 && el("ul", null, data.reasons.map((text) => el("li", null, text)))),
  data.differences.length > 0 && el("section", { class: "card", id: "differences" }, el("h3", null, "Old and new are not alike"), data.differences.map((text) => el("p", null, text))),
  el("div", { class: "controls" },
    select("metric", units.map((u) => [u, u]), state.unit, (unit) => { state.unit = unit; drawForest(); }),
    select("results", Object.entries(filters).map(([key, [text]]) => [key, text]), state.only, (only) => { state.only = only; draw(); }),
    el("input", { type: "search", id: "filter", placeholder: "Filter benchmarks", oninput: (e) => { state.filter = e.target.value; draw(); } })),
  el("section", { class: "card", id: "forest" }, forestBox, forestNote,
    el("div", { class: "legend" }, el("span", null, `point: difference of the medians · line: its ${data.confidence * 100} % interval · dashed: limit of the gate`))),
  details, el("h2", null, "Results"), tableBox,
  el("p", { class: "note" }, `Mann-Whitney test at ${data.alpha} over ${plural(data.tests, "result")}; q is its p value after the false discovery rate is controlled (Benjamini and Hochberg). Intervals are bootstrapped.`),
  footer());
fit(forestBox, (width) => { forestWidth = width; drawForest(); });
draw();

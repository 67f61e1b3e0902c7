// report.js - a run: one metric over all benchmarks, all medians as a table, every metric of one benchmark.
//
//   {run, "benchmarks": [{"pkg", "label", "metrics": [metric]}], "bad_lines"}      (html_data.h)
"use strict";

const units = [...new Set(data.benchmarks.flatMap((b) => b.metrics.map((m) => m.unit)))];
const packages = new Set(data.benchmarks.map((b) => b.pkg));
const state = { unit: units[0], filter: "", log: null, benchmark: data.benchmarks[0], all: false };
const MAX_BARS = 80, MAX_ROWS = 300;

const metricOf = (benchmark, unit) => benchmark.metrics.find((m) => m.unit === unit);
const nameOf = (b) => (packages.size > 1 ? b.pkg.slice(b.pkg.lastIndexOf("/") + 1) + ": " : "") + b.label;
const matching = () => data.benchmarks.filter((b) => `${b.pkg} ${b.label}`.toLowerCase().includes(state.filter.toLowerCase()));

/** Bars to the medians, points for the repeats, bands for the intervals: one row per benchmark. */
function overview(benchmarks, width) {
  const rows = benchmarks.map((b, i) => ({ ...metricOf(b, state.unit), key: i, name: nameOf(b) })).filter((r) => r.values);
  const points = rows.flatMap((r) => r.values.map((value, i) => ({ value, repeat: i + 1, key: r.key, name: r.name })));
  const values = points.map((p) => p.value), log = logScale(values);
  const label = new Map(rows.map((r) => [r.key, r.name]));
  const known = rows.filter((r) => r.low != null && (!log || r.low > 0));
  const longest = d3.max(rows, (r) => r.name.length) ?? 0;
  return Plot.plot({
    width, height: rows.length * 24 + 54, marginBottom: 40, marginLeft: Math.min(width * 0.4, 7.3 * longest + 16), marginRight: 20, style: plotStyle,
    x: { type: log ? "log" : "linear", label: state.unit, labelArrow: "none", ticks: Math.max(3, width / 140), tickFormat: tick, grid: true, nice: true, ...(log ? {} : { zero: true }) },
    y: { domain: rows.map((r) => r.key), label: null, tickSize: 0, padding: 0.3,
      tickFormat: (key) => { const name = label.get(key); return name.length > width / 18 ? name.slice(0, width / 18) + "…" : name; } },
    marks: [
      log ? null : Plot.barX(rows, { x: "median", y: "key", fill: "var(--accent)", fillOpacity: 0.13, rx: 2 }),
      Plot.ruleY(known, { x1: "low", x2: "high", y: "key", stroke: "var(--accent)", strokeWidth: 7, strokeOpacity: 0.3 }),
      Plot.tickX(rows, { x: "median", y: "key", stroke: "var(--accent)", strokeWidth: 2 }),
      Plot.dot(points, { x: "value", y: "key", r: 2.6, fill: "var(--accent)", fillOpacity: 0.6, title: (p) => `${p.name}\n${number(p.value)} ${state.unit}, repeat ${p.repeat}` }),
    ],
  });
}

/** Chosen, or where the values span more than two orders of magnitude and none is 0. */
function logScale(values) {
  const [low, high] = d3.extent(values);
  return low > 0 && (state.log ?? high / low > 100);
}

function spread(m) {
  const [low, high] = d3.extent(m.values);
  return m.values.length > 1 && m.median !== 0 && high > low ? ` ±${(Math.max(high - m.median, m.median - low) / Math.abs(m.median) * 100).toFixed(1)}\u202f%` : "";
}

function medians(benchmarks) {
  const columns = [["benchmark", ""], ...units.map((unit) => [unit, "n"])];
  const rows = benchmarks.slice(0, state.all ? Infinity : MAX_ROWS).map((b) => {
    const cells = units.map((unit) => {
      const m = metricOf(b, unit);
      return el("td", { class: "n" }, m ? [number(m.median), el("small", null, spread(m))] : "–");
    });
    return el("tr", { class: b === state.benchmark ? "pick picked" : "pick", onclick: () => { state.benchmark = b; draw(); details.scrollIntoView({ block: "nearest" }); } },
      el("td", null, el("span", { class: "name", title: `${b.pkg} ${b.label}` }, nameOf(b))), cells);
  });
  return [table(columns, rows, { class: "medians" }), more(benchmarks.length, rows.length)];
}

function more(all, shown) {
  return all > shown && el("p", { class: "note" }, `${shown} of ${all} benchmarks. `, el("button", { onclick: () => { state.all = true; draw(); } }, "Show all"));
}

/** Values in the order in which they ran: a drift or a first slow one shows. */
function inOrder(metric, width) {
  const points = metric.values.map((value, i) => ({ value, repeat: i + 1 }));
  return Plot.plot({
    width, height: 120, marginLeft: 46, marginTop: 8, marginBottom: 24, style: plotStyle,
    x: { domain: [0.5, points.length + 0.5], ticks: points.length <= 8 ? points.map((p) => p.repeat) : 5, tickFormat: "d", label: null },
    y: { domain: around([...metric.values, metric.low ?? metric.median, metric.high ?? metric.median]), ticks: 4, tickFormat: tick, label: null, grid: true },
    marks: [
      metric.low != null ? Plot.rect([metric], { x1: 0.5, x2: points.length + 0.5, y1: "low", y2: "high", fill: "var(--accent)", fillOpacity: 0.12 }) : null,
      Plot.ruleY([metric.median], { stroke: "var(--accent)", strokeWidth: 1.5 }),
      Plot.line(points, { x: "repeat", y: "value", stroke: "var(--muted)", strokeOpacity: 0.5, strokeWidth: 1 }),
      Plot.dot(points, { x: "repeat", y: "value", r: 3, fill: "var(--accent)", title: (p) => `${number(p.value)}, repeat ${p.repeat}` }),
    ],
  });
}

function metricDetail(metric) {
  const figure = el("figure");
  const card = el("section", { class: "card metric", "data-unit": metric.unit }, el("h3", null, metric.unit),
    el("div", { class: "figure" }, el("b", null, number(metric.median)),
      el("span", null, metric.values.length > 1 ? `median of ${metric.values.length}` + (metric.low != null ? `, 95 %: ${number(metric.low)} to ${number(metric.high)}` : "") : "one run")),
    metric.values.length > 1 && figure);
  fit(figure, (width) => fill(figure, inOrder(metric, width)));
  return card;
}

const overviewBox = el("figure"), tableBox = el("section", { class: "card", id: "medians" }), details = el("div"), notes = el("div");
let overviewWidth = 0;

function drawOverview() {
  const chosen = matching().filter((b) => metricOf(b, state.unit)), shown = chosen.slice(0, MAX_BARS);
  fill(overviewBox, shown.length ? overview(shown, overviewWidth) : el("p", { class: "note" }, "No benchmark with this metric matches."));
  fill(notes, chosen.length > shown.length ? el("p", { class: "note" }, `The first ${shown.length} of ${chosen.length}; a filter shows others.`) : "");
}

function draw() {
  if (overviewWidth > 0) drawOverview();
  fill(tableBox, medians(matching()));
  const b = state.benchmark;
  fill(details, ...(b ? [el("h2", null, "Repeats of ", el("span", { class: "name" }, nameOf(b)), " in order"), el("div", { class: "grid", id: "repeats" }, b.metrics.map(metricDetail))] : []));
}

fill(page, 
  el("h1", null, data.run?.module ?? [...packages][0] ?? "perfgo"), el("div", { class: "sub" }, runLine(data)), runDetails([data]),
  data.run?.note && el("p", { class: "note" }, data.run.note),
  data.bad_lines > 0 && el("p", { class: "worse" }, `${data.bad_lines} lines of benchmarks.jsonl could not be read and are left out.`),
  el("div", { class: "controls" },
    select("metric", units.map((u) => [u, u]), state.unit, (unit) => { state.unit = unit; state.log = null; draw(); }),
    el("input", { type: "search", id: "filter", placeholder: "Filter benchmarks", oninput: (e) => { state.filter = e.target.value; draw(); } }),
    select("scale", [["auto", "automatic"], ["linear", "from zero"], ["log", "logarithmic"]], "auto", (v) => { state.log = { auto: null, linear: false, log: true }[v]; drawOverview(); })),
  el("section", { class: "card", id: "overview" }, overviewBox, notes,
    el("div", { class: "legend" }, el("span", null, "points: repeats · line: median · band: 95 % interval of the median"))),
  el("h2", null, "Medians"), tableBox, details, footer());
fit(overviewBox, (width) => { overviewWidth = width; drawOverview(); });
draw();

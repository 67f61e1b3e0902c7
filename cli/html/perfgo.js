// perfgo.js - what the pages share. Whatever comes from a run gets onto the page as text, through
// el(): nothing here or in the page's own script makes markup out of data.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");

/** An element. Attributes whose names begin with "on" are listeners; children are nodes, texts, or lists of them. */
function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {}))
    if (value == null || value === false) continue;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [p, v] of Object.entries(value)) node.style.setProperty(p, v);
    else node.setAttribute(key, value === true ? "" : value);
  node.append(...children.flat(Infinity).filter((c) => c != null && c !== false));
  return node;
}

/** Replaces what is in a node; children as for el(). */
function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((c) => c != null && c !== false));
}

function select(label, choices, chosen, onchange) {
  const options = choices.map(([value, text]) => el("option", { value, selected: value === chosen }, text));
  const list = el("select", { onchange: (event) => onchange(event.target.value) }, options);
  return el("label", null, label, list);
}

// ---- numbers ----

/** Four significant digits, or all of the integer part, in groups of three: as the tables on a terminal. */
function number(x) {
  if (x == null || !Number.isFinite(x)) return "–";
  const size = Math.abs(x);
  if (x === 0) return "0";
  if (size >= 1e15 || size < 1e-6) return x.toExponential(3).replace("-", "−");
  const whole = Number.isInteger(x);
  const before = Math.floor(Math.log10(size)) + 1;
  const digits = whole || before >= 4 ? 0 : Math.min(4 - before, 20);
  return x.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replaceAll(",", "\u202f").replace("-", "−");
}

/** A signed share: +1.25 %. */
function percent(x) {
  if (x == null || Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return x > 0 ? "from 0" : "below 0";
  return (x < 0 ? "−" : "+") + (Math.abs(x) * 100).toFixed(Math.abs(x) < 0.1 ? 2 : 1) + "\u202f%";
}

const share = (x) => (x * 100).toFixed(x < 0.0995 ? 2 : 1) + "\u202f%";

const steps = {
  nanoseconds: [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]],
  bytes: [["B", 1], ["KiB", 2 ** 10], ["MiB", 2 ** 20], ["GiB", 2 ** 30]],
  count: [["", 1], ["k", 1e3], ["M", 1e6], ["G", 1e9], ["T", 1e12]],
};

/** A value of a profile's sample type, with its unit. */
function amount(x, unit) {
  const scale = steps[unit] ?? steps.count;
  const step = scale.findLast(([, size]) => Math.abs(x) >= size) ?? scale[0];
  const scaled = x / step[1];
  const text = Number.isInteger(scaled) && Math.abs(scaled) < 1000 ? String(scaled) : scaled.toPrecision(Math.abs(scaled) >= 1000 ? 4 : 3);
  const name = steps[unit] ? step[0] : step[0] + (unit ? " " + unit : "");
  return (text + (name ? "\u202f" + name : "")).replace("-", "−");
}

/** Short labels of axes. */
function tick(x) {
  if (x === 0) return "0";
  const size = Math.abs(x);
  return (size < 1e-4 || size >= 1e15 ? d3.format("~e") : size < 1 ? d3.format("~g") : d3.format("~s"))(x).replace("-", "−");
}

// ---- parts of pages ----

function facts(pairs) {
  const rows = pairs.filter(([, value]) => value != null && value !== "");
  return el("dl", { class: "facts" }, rows.map(([name, value]) => [el("dt", null, name), el("dd", null, value)]));
}

const commitOf = (run) => run?.git?.commit &&
  run.git.commit.slice(0, 12) + (run.git.dirty ? ", changed" : "") + (run.git.branch ? ` (${run.git.branch})` : "");

/** One line that says which run this is. */
function runLine({ id, run }) {
  const commit = run?.git?.commit ? "commit " + run.git.commit.slice(0, 9) + (run.git.dirty ? "+" : "") : null;
  return ["run " + id, run?.time?.replace("T", " ").replace("Z", " UTC"), commit, run?.go_version, run?.host?.cpu].filter(Boolean).join(" · ");
}

function runFacts({ id, run }) {
  const host = run?.host ?? {};
  const pairs = (object) => Object.entries(object ?? {}).map(([key, value]) => `${key}=${value}`).join(", ");
  return facts([
    ["run", id], ["started", run?.time], ["command", run?.command && el("code", null, run.command.join(" "))],
    ["exit status", run?.exit_code != null ? String(run.exit_code) : null],
    ["module", run?.module], ["commit", commitOf(run)], ["Go", run?.go_version && `${run.go_version} ${run.goos}/${run.goarch}`],
    ["processor", host.cpu && host.cpu + (host.cpus ? `, ${host.cpus} logical` : "")], ["microcode", host.microcode],
    ["kernel", host.kernel], ["governor", host.governor], ["virtualization", host.virtualization],
    ["back end", run?.backend], ["note", run?.note], ["settings", pairs(run?.settings)], ["tags", pairs(run?.tags)],
  ]);
}

function runDetails(runs) {
  return el("details", { class: "run" }, el("summary", null, runs.length > 1 ? "About these runs" : "About this run"),
    el("div", { class: "columns" }, runs.map((run, i) => el("section", null, runs.length > 1 && el("h3", null, sideName[i]), runFacts(run)))));
}

const sideName = ["old", "new"];
const sideColor = (i, n) => (n > 1 ? ["var(--old)", "var(--new)"][i] : "var(--accent)");

function footer() {
  const licences = document.getElementById("licences").textContent;
  return el("footer", null, "Written by perfgo. This page loads nothing from anywhere. Drawn with d3, Observable Plot and d3-flame-graph.",
    el("details", null, el("summary", null, "Licences of these libraries"), el("pre", null, licences)));
}

/** Calls draw(width) now and whenever the element's width has changed. */
function fit(node, draw) {
  let width = 0;
  const redraw = () => {
    const now = Math.floor(node.clientWidth);
    if (now > 0 && now !== width) draw((width = now));
  };
  new ResizeObserver(() => requestAnimationFrame(redraw)).observe(node);
  redraw();
}

// ---- plots ----

const plotStyle = { background: "transparent", color: "inherit", fontFamily: "inherit", fontSize: "11.5px" };

/** A domain around values with some air, also when they are all the same. */
function around(values) {
  const [low, high] = d3.extent(values);
  const air = (high - low || Math.abs(high) * 0.02 || 1) * 0.08;
  return [low - air, high + air];
}

/** Every repeat as a point, the median as a line, its 95 % interval as a band: one row per side. */
function strip(sides, width) {
  const rows = sides.map((side, i) => side && { ...side, side: sideName[i], color: sideColor(i, sides.length) }).filter(Boolean);
  const points = rows.flatMap((row) => row.values.map((value, i) => ({ value, repeat: row.ordered === false ? "" : `, repeat ${i + 1}`, side: row.side, color: row.color })));
  const known = rows.filter((row) => row.low != null);
  return Plot.plot({
    width, height: 22 * rows.length + 26, marginLeft: sides.length > 1 ? 34 : 8, marginRight: 10, marginTop: 4, marginBottom: 22, style: plotStyle,
    x: { domain: around([...points.map((p) => p.value), ...known.flatMap((r) => [r.low, r.high])]), ticks: 4, tickFormat: tick, label: null },
    y: { domain: rows.map((row) => row.side), label: null, axis: sides.length > 1 ? "left" : null, tickSize: 0, padding: 0.2 },
    marks: [
      Plot.barX(known, { x1: "low", x2: "high", y: "side", fill: "color", fillOpacity: 0.18, rx: 2 }),
      Plot.tickX(rows, { x: "median", y: "side", stroke: "color", strokeWidth: 2 }),
      Plot.dot(points, { x: "value", y: "side", fill: "color", fillOpacity: 0.65, r: 3, title: (p) => `${number(p.value)}${p.repeat}` }),
    ],
  });
}

/** A metric of one benchmark, for one side or two. */
function metricCard(unit, sides) {
  const [old, now] = sides.length > 1 ? sides : [null, sides[0]];
  const metric = now ?? old;
  const plot = el("figure");
  const change = old && now ? (now.median - old.median) / Math.abs(old.median) : null;
  const way = change == null || !metric.better || change === 0 ? "" : (change < 0) === (metric.better === "lower") ? "better" : "worse";
  const repeats = Math.max(...sides.map((side) => side?.values.length ?? 0));
  const card = el("section", { class: "card metric", "data-unit": unit }, el("h3", null, unit),
    el("div", { class: "figure" }, el("b", null, number(metric.median)), change != null && !Number.isNaN(change) && el("span", { class: way }, percent(change)),
      el("span", null, repeats > 1 ? `median of ${repeats}` : "one run", metric.backend ? `, ${metric.backend}` : "",
        metric.coverage != null ? `, ${share(metric.coverage)} covered` : "")),
    (repeats > 1 || old) && plot);
  fit(plot, (width) => plot.replaceChildren(strip(sides, width)));
  return card;
}

/** Cards for all metrics of a benchmark; sides: lists of metrics, null for a side without the benchmark. */
function metricCards(sides) {
  const units = new Set(sides.flatMap((metrics) => (metrics ?? []).map((m) => m.unit)));
  return el("div", { class: "grid" }, [...units].map((unit) => metricCard(unit, sides.map((metrics) => metrics?.find((m) => m.unit === unit)))));
}

/** A table; columns: [title, "n" for numbers or ""], rows: lists of cells (nodes, texts, or td elements). */
function table(columns, rows, attributes) {
  const cell = (content, i) => (content?.tagName === "TD" ? content : el("td", { class: columns[i][1] }, content));
  return el("div", { class: "scroll" }, el("table", attributes, el("thead", null, el("tr", null, columns.map(([title, kind]) => el("th", { class: kind }, title)))),
    el("tbody", null, rows.map((row) => (row.tagName === "TR" ? row : el("tr", null, row.map(cell)))))));
}

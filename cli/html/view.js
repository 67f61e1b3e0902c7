// view.js - a benchmark's profile and counters, or two runs of it.
//
//   {"runs": [run, …], "benchmarks": [{"pkg", "label", "sides": [{"n", "metrics", "profile"} or null, …]}]}
//
// run, metric and profile as in html_data.h; runs and sides: one, or old and new.
"use strict";

const differ = data.runs.length > 1;
const module = data.runs.at(-1).run?.module;
const state = { benchmark: 0, type: null, scale: "op", widths: 1, by: differ ? "function" : "line", order: "flat", search: "" };

// ---- what a frame is ----

/** The import path in a Go symbol; "" for C and kernel functions. */
function packageOf(name) {
  const slash = name.lastIndexOf("/", name.search(/[([]|$/));
  const dot = name.indexOf(".", slash + 1);
  return name.startsWith("[") || dot < 0 ? "" : name.slice(0, dot);
}

const kinds = {
  own: ["this module", 24, 82], other: ["other modules", 285, 50], std: ["standard library", 205, 62], runtime: ["runtime and testing", 220, 10],
  native: ["C and kernel", 110, 38],
};

function kindOf(name, benchmark) {
  const pkg = packageOf(name);
  const within = (path) => path && (pkg === path || pkg.startsWith(path + "/") || pkg === path + "_test");
  if (pkg === "") return "native";
  if (within(module) || within(benchmark.pkg) || pkg === "main") return "own";
  if (/^(runtime|internal\/runtime|internal\/abi|testing)(\/|$)/.test(pkg)) return "runtime";
  return pkg.split("/")[0].includes(".") ? "other" : "std";
}

/** A Go symbol without the folders of its import path. */
function shortName(name) {
  return name.startsWith("[") ? name : name.replace(/^[^([]*\//, "");
}

function hash(text) {
  let h = 7;
  for (let i = 0; i < text.length; i++) h = (h * 31 + text.charCodeAt(i)) >>> 0;
  return (h % 1000) / 1000;
}

function frameColor(name, benchmark) {
  const [, hue, saturation] = kinds[kindOf(name, benchmark)];
  return `hsl(${hue + 22 * (hash(packageOf(name)) - 0.5)} ${saturation}% ${70 + 12 * hash(name)}%)`;
}

/** Red for more, blue for less; full where the frame is new or gone. */
function changeColor(old, now) {
  const part = (now - old) / Math.max(Math.abs(now), Math.abs(old), 1e-300);
  const change = Math.sign(part) * Math.abs(part) ** 0.6; // a change by a tenth is to be seen
  return change > 0 ? d3.interpolateRgb("#e8e6e3", "#e5483d")(change) : d3.interpolateRgb("#e8e6e3", "#3d7be5")(-change);
}

// ---- from the columns of a profile to what is drawn ----

const typeIndex = (profile, type) => profile.types.findIndex((t) => t.type === type);

/** What a recorded value is multiplied with, per side. */
function factor(side, type) {
  if (state.scale === "op" && side.n > 0) return 1 / side.n;
  if (state.scale === "share") return 1 / Math.max(1e-300, Math.abs(side.profile.total[typeIndex(side.profile, type)]));
  return 1;
}

function addTree(root, side, index, type) {
  const { tree, functions } = side.profile, column = typeIndex(side.profile, type), by = factor(side, type);
  const nodes = [root];
  for (let i = 0; i < tree.parent.length; i++) {
    if (i > 0) {
      const parent = nodes[tree.parent[i]], [name, file] = functions[tree.function[i]];
      // By name alone: of two versions the files lie in different places.
      nodes[i] = parent.byKey.get(name);
      if (!nodes[i]) parent.byKey.set(name, (nodes[i] = { name, file, values: [0, 0], self: [0, 0], byKey: new Map() }));
    }
    nodes[i].self[index] += tree.self[column][i] * by;
  }
}

/** The hierarchy that d3-flame-graph wants: value as wide as the frame is, values and self per side. */
function hierarchyOf(benchmark, type) {
  const root = { name: benchmark.label, file: "", values: [0, 0], self: [0, 0], byKey: new Map() };
  benchmark.sides.forEach((side, i) => side?.profile && addTree(root, side, i, type));
  const finish = (node) => {
    const children = [...node.byKey.values()];
    children.forEach(finish);
    node.values = node.self.map((self, i) => self + d3.sum(children, (c) => c.values[i]));
    node.value = Math.max(0, node.values[differ ? state.widths : 0]);
    node.children = children.filter((c) => c.value > 0);
    if (differ) node.value = Math.max(node.value, d3.sum(node.children, (c) => c.value));
  };
  finish(root);
  return root;
}

/** Rows of the table: {name, file, line, flat: [per side], cum: [per side]}. */
function hotLines(benchmark, type) {
  const rows = new Map();
  benchmark.sides.forEach((side, index) => {
    if (!side?.profile) return;
    const { lines, functions } = side.profile, column = typeIndex(side.profile, type), by = factor(side, type);
    lines.function.forEach((f, i) => {
      const [name, file] = functions[f], key = [name, baseName(file), lines.line[i]].join("\0");
      if (!rows.has(key)) rows.set(key, { name, file, line: lines.line[i], flat: [0, 0], cum: [0, 0] });
      rows.get(key).flat[index] += lines.flat[column][i] * by;
      rows.get(key).cum[index] += lines.cum[column][i] * by;
    });
  });
  return [...rows.values()];
}

/** The same by function, from the calls: a recursive function counts once. */
function hotFunctions(root) {
  const rows = new Map(), open = new Map();
  const visit = (node) => {
    const key = node.name;
    if (node !== root) {
      if (!rows.has(key)) rows.set(key, { name: node.name, file: node.file, line: 0, flat: [0, 0], cum: [0, 0] });
      const row = rows.get(key);
      node.self.forEach((self, i) => (row.flat[i] += self));
      if (!open.get(key)) node.values.forEach((value, i) => (row.cum[i] += value));
      open.set(key, (open.get(key) ?? 0) + 1);
    }
    node.byKey.forEach(visit);
    if (node !== root) open.set(key, open.get(key) - 1);
  };
  visit(root);
  return [...rows.values()];
}

// ---- the page ----

const benchmarkName = (b) => (new Set(data.benchmarks.map((x) => x.pkg)).size > 1 ? `${baseName(b.pkg)}: ` : "") + b.label;
const unitOf = (benchmark, type) => benchmark.sides.find((s) => s?.profile)?.profile.types.find((t) => t.type === type)?.unit ?? "";

function valueText(x, unit) {
  if (state.scale === "share") return share(x);
  return amount(x, unit) + (state.scale === "op" ? "/op" : "");
}

function typesOf(benchmark) {
  const lists = benchmark.sides.filter((s) => s?.profile).map((s) => s.profile.types.map((t) => t.type));
  return lists.length ? lists[0].filter((t) => lists.every((list) => list.includes(t))) : [];
}

function chooseType(benchmark) {
  const types = typesOf(benchmark), first = benchmark.sides.find((s) => s?.profile)?.profile;
  if (!types.includes(state.type)) state.type = first ? (types.includes(first.types[first.default].type) ? first.types[first.default].type : types[0]) : null;
}

const CELL = 19;
const rowsOf = (node) => 1 + (d3.max(node.children, rowsOf) ?? 0);

const flameBox = el("div", { class: "flame" }), detailsBox = el("div", { class: "details" });
let chart = null, root = null;

function frameText(d, benchmark) {
  const unit = unitOf(benchmark, state.type), { values, self } = d.data;
  const line = (i) => {
    const total = root.values[i];
    return `${valueText(values[i], unit)}${total ? ` (${share(values[i] / total)})` : ""}, itself ${valueText(self[i], unit)}`;
  };
  return differ ? `old ${line(0)} · new ${line(1)} · ${percent(values[0] ? (values[1] - values[0]) / Math.abs(values[0]) : Infinity)}` : line(0);
}

function showDetails(benchmark, d) {
  if (d) fill(detailsBox, el("div", { class: "name" }, d.data.name), el("div", null, frameText(d, benchmark), d.data.file && ` · ${d.data.file}`));
  else if (state.found) fill(detailsBox, state.found);
  else fill(detailsBox, "Point at a frame for its numbers; click it to zoom, and the top one to see all again.");
}

function search(benchmark) {
  if (!chart) return;
  state.found = null;
  if (state.search) chart.search(state.search);
  else chart.clear();
  showDetails(benchmark, null);
}

function drawFlame(benchmark, width) {
  fill(flameBox);
  chart = null;
  if (!root || !(root.value > 0)) {
    flameBox.append(el("p", { class: "note" }, benchmark.sides.some((s) => s?.profile) ? "This type has no samples here." :
      "The run has no profile of this benchmark (perfgo test profile makes one). Its counters are below."));
    fill(detailsBox);
    return;
  }
  chart = flamegraph.default().width(width).cellHeight(CELL).height(CELL * rowsOf(root)).minFrameSize(0.6).transitionDuration(matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200)
    .getName((d) => shortName(d.data.name)).inverted(true).sort((a, b) => b.data.value - a.data.value || d3.ascending(a.data.name, b.data.name))
    .label((d) => `${d.data.name}\n${frameText(d, benchmark)}`)
    .setColorMapper((d) => (d.highlight ? "#f7c325" : differ ? changeColor(...d.data.values) : d.parent ? frameColor(d.data.name, benchmark) : "#d5d3ce"))
    .onHover((d) => showDetails(benchmark, d))
    .setDetailsHandler((text) => text == null && showDetails(benchmark, null))
    .setSearchMatch((d, term) => d.data.name.toLowerCase().includes(term.toLowerCase()))
    .setSearchHandler((results, sum, total) => {
      state.found = `“${state.search}”: ${results.length} frame${results.length === 1 ? "" : "s"}, ${share(sum / total)} of ${differ ? sideName[state.widths] : "the total"}`;
    });
  d3.select(flameBox).datum(root).call(chart);
  search(benchmark);
}

function legend() {
  const item = (color, text) => el("span", null, el("i", { style: { background: color } }), text);
  if (differ) return el("div", { class: "legend" }, item("#e5483d", "more in new"), item("#e8e6e3", "the same"), item("#3d7be5", "less in new"), item("#f7c325", "found"));
  return el("div", { class: "legend" }, Object.values(kinds).map(([text, hue, s]) => item(`hsl(${hue} ${s}% 76%)`, text)), item("#f7c325", "found"));
}

function baseName(path) { return path.slice(path.lastIndexOf("/") + 1); }

function placeCell(row) {
  const where = row.file && baseName(row.file) + (row.line > 0 ? ":" + row.line : "");
  return [el("span", { class: "name", title: row.name }, shortName(row.name)), where && " ", where && el("small", { class: "name", title: row.file }, where)];
}

function hotRow(row, unit) {
  const meter = (x, i) => {
    const part = root.values[i] ? x / root.values[i] : 0;
    return el("td", { class: "n meter", style: { "--share": Math.max(0, Math.min(1, part)) * 100 + "%" } }, el("span", null, valueText(x, unit), " ", el("small", null, share(part))));
  };
  if (!differ) return [placeCell(row), meter(row.flat[0], 0), meter(row.cum[0], 0)];
  const values = row[state.order], change = values[1] - values[0];
  const text = (change > 0 ? "+" : "") + valueText(change, unit);
  return [placeCell(row), valueText(values[0], unit), valueText(values[1], unit), el("td", { class: "n" }, el("span", { class: change > 0 ? "worse" : change < 0 ? "better" : "" }, text))];
}

const SHOWN = 25;

function hotTable(benchmark) {
  const rows = (state.by === "line" ? hotLines(benchmark, state.type) : hotFunctions(root)).filter((r) => [...r.flat, ...r.cum].some((x) => x !== 0));
  const weight = (row) => (differ ? Math.abs(row[state.order][1] - row[state.order][0]) : row[state.order][0]);
  const unit = unitOf(benchmark, state.type), other = state.order === "flat" ? "cum" : "flat";
  rows.sort((a, b) => weight(b) - weight(a) || b[other][0] - a[other][0] || d3.ascending(a.name, b.name));
  const columns = differ ? [[state.by === "line" ? "line" : "function", ""], ["old", "n"], ["new", "n"], ["difference", "n"]] :
    [[state.by === "line" ? "line" : "function", ""], ["itself", "n"], ["with what it calls", "n"]];
  return [table(columns, rows.slice(0, SHOWN).map((row) => hotRow(row, unit)), { class: "hot" }),
    rows.length > SHOWN && el("p", { class: "note" }, `The first ${SHOWN} of ${rows.length}.`)];
}

function profileNotes(benchmark) {
  const notes = [];
  benchmark.sides.forEach((side, i) => {
    if (!side?.profile) return;
    const prefix = differ ? sideName[i] + ": " : "";
    if (side.profile.comments.length) notes.push(prefix + side.profile.comments.join("; "));
    if (side.profile.folded) notes.push(`${prefix}frames below ${(side.profile.folded * 100).toPrecision(2)} % are part of their callers`);
  });
  if (differ) notes.push("Frames that exist on one side only have no width on the other: change “widths of” to see them.");
  return notes.map((text) => el("p", { class: "note" }, text));
}

function drawBenchmark() {
  const benchmark = data.benchmarks[state.benchmark];
  if (!benchmark) return;
  chooseType(benchmark);
  const some = state.type != null, body = el("div"), hot = el("div");
  if (differ && state.scale === "op" && !benchmark.sides.every((s) => !s?.profile || s.n > 0)) state.scale = "share";
  root = some ? hierarchyOf(benchmark, state.type) : null;
  const redraw = (key, convert = (x) => x) => (value) => { state[key] = convert(value); drawBenchmark(); };
  const profileControls = some && [
    select("samples", typesOf(benchmark).map((t) => [t, t]), state.type, redraw("type")),
    select("scale", [["op", "per operation"], ["share", "share of the total"], ["raw", "as recorded"]], state.scale, redraw("scale")),
    differ && select("widths of", [["1", "new"], ["0", "old"]], String(state.widths), redraw("widths", Number)),
    el("span", { class: "space" }),
    el("input", { type: "search", id: "search", placeholder: "Search functions", value: state.search, oninput: (e) => { state.search = e.target.value; search(benchmark); } }),
    el("button", { id: "reset", onclick: () => { chart?.resetZoom(); } }, "Reset zoom"),
  ];
  const drawHot = () => fill(hot, hotTable(benchmark));
  const rehot = (key) => (value) => { state[key] = value; drawHot(); };
  body.append(
    el("div", { class: "controls" }, data.benchmarks.length > 1 && select("benchmark", data.benchmarks.map((b, i) => [String(i), benchmarkName(b)]), String(state.benchmark), redraw("benchmark", Number)), profileControls),
    el("section", { class: "card", id: "flame" }, flameBox, some && legend(), detailsBox), el("div", null, profileNotes(benchmark)));
  if (some) {
    body.append(el("h2", null, differ ? "What changed most" : "Hottest places"),
      el("div", { class: "controls" }, select("by", [["line", "line"], ["function", "function"]], state.by, rehot("by")),
        select(differ ? "value" : "order", [["flat", "itself"], ["cum", "with what it calls"]], state.order, rehot("order"))),
      el("section", { class: "card", id: "hot" }, hot));
    drawHot();
  }
  body.append(el("h2", null, "Counters"), el("div", { id: "counters" }, metricCards(benchmark.sides.map((s) => s?.metrics))));
  fill(main, body);
  fill(heading, benchmark.label);
  fill(subheading, benchmark.pkg);
  fit(flameBox, (width) => drawFlame(benchmark, width));
}

const heading = el("h1"), subheading = el("div", { class: "sub name" }), main = el("div");
fill(page, heading, subheading, ...data.runs.map((run, i) => el("div", { class: "sub" }, differ ? sideName[i] + ": " : "", runLine(run))), runDetails(data.runs), main, footer());
drawBenchmark();

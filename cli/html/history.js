// history.js - metrics of benchmarks over the runs, and where their level changed.
//
// The data is what perfgo history --format=json writes; each series also has "better" and "levels" (history_html.c).
"use strict";

const pointName = (p) => (p.commit ? p.commit.slice(0, 9) + (p.dirty ? "+" : "") : p.run);
const timeOf = (p) => new Date(p.time * 1000).toISOString().slice(0, 16).replace("T", " ") + " UTC";
const labelOf = (s) => s.name.replace(/^Benchmark(?=.)/, "") + (s.procs > 1 ? "-" + s.procs : "");
const wayColor = { better: "var(--good)", worse: "var(--bad)", different: "var(--unsure)" };

/** Changes with the levels on both sides, and which way is meant well. */
function changesOf(series) {
  return series.changes.map((c, i) => {
    const before = series.levels[i], after = series.levels[i + 1];
    const way = !series.better || before === after ? "different" : (after < before) === (series.better === "lower") ? "better" : "worse";
    return { at: c.point, x: c.point - 0.5, before, after, relative: c.relative ?? Infinity, way, color: wayColor[way] };
  });
}

/** The stretches between changes. */
function levels(series) {
  const starts = [0, ...series.changes.map((c) => c.point)];
  return starts.map((start, i) => ({ from: start - 0.5, to: (starts[i + 1] ?? series.points.length) - 0.5, level: series.levels[i] }));
}

function plot(series, width) {
  const points = series.points.map((p, i) => ({ ...p, i })), changes = changesOf(series), ranges = points.filter((p) => p.max > p.min);
  const every = Math.max(1, Math.ceil(points.length / (width / 90)));
  return Plot.plot({
    width, height: 260, marginLeft: 64, marginBottom: 34, marginTop: 26, style: plotStyle,
    x: { domain: [-0.5, points.length - 0.5], ticks: d3.range(0, points.length, every), tickFormat: (i) => (points[i] ? pointName(points[i]).slice(0, 12) : ""), label: null, tickSize: 4 },
    y: { domain: around(points.flatMap((p) => [p.min, p.max])), label: series.unit, labelArrow: "none", tickFormat: tick, ticks: 6, grid: true },
    marks: [
      Plot.ruleX(changes, { x: "x", stroke: "color", strokeWidth: 1.2, strokeDasharray: "4,3" }),
      Plot.ruleY(levels(series), { x1: "from", x2: "to", y: "level", stroke: "var(--muted)", strokeOpacity: 0.35, strokeWidth: 6 }),
      Plot.ruleX(ranges, { x: "i", y1: "min", y2: "max", stroke: "var(--accent)", strokeOpacity: 0.55, strokeWidth: 1.5 }),
      Plot.line(points, { x: "i", y: "median", stroke: "var(--accent)", strokeOpacity: 0.6, strokeWidth: 1 }),
      Plot.dot(points, { x: "i", y: "median", r: 3.6, fill: "var(--accent)", stroke: "var(--surface)", title: (p) => `${pointName(p)}, ${timeOf(p)}\n${number(p.median)} ${series.unit}, ${p.n} repeats` }),
      Plot.text(changes, { x: "x", frameAnchor: "top", dy: -16, text: (c) => percent(c.relative), fill: "color", fontWeight: 600 }),
    ],
  });
}

function changeTable(series) {
  if (series.changes.length === 0) return el("p", { class: "note" }, "No change was found.");
  return table([["since", ""], ["run", ""], ["before", "n"], ["after", "n"], ["difference", "n"]], changesOf(series).map((c) => {
    const point = series.points[c.at];
    return [el("span", { class: "name" }, pointName(point)), [el("span", { class: "name" }, point.run), " ", el("small", null, timeOf(point))],
      number(c.before), number(c.after), el("td", { class: "n " + c.way }, percent(c.relative))];
  }), { class: "changes" });
}

function card(series) {
  const figure = el("figure");
  const section = el("section", { class: "series", "data-unit": series.unit },
    el("h2", null, el("span", { class: "name" }, labelOf(series)), " ", el("span", { class: "sub" }, series.unit + (series.backend ? `, ${series.backend}` : ""))),
    el("div", { class: "card" }, figure, changeTable(series)));
  fit(figure, (width) => fill(figure, plot(series, width)));
  return section;
}

const box = el("div"), state = { filter: "" };
function draw() {
  fill(box, ...data.series.filter((s) => `${s.pkg} ${labelOf(s)} ${s.unit}`.toLowerCase().includes(state.filter.toLowerCase())).slice(0, 60).map(card));
}

const packages = [...new Set(data.series.map((s) => s.pkg))], last = data.series[0]?.points.at(-1), first = data.series[0]?.points[0];
fill(page, 
  el("h1", null, "History"), el("div", { class: "sub" }, packages.join(", ")),
  first && el("div", { class: "sub" }, `${data.series[0].points.length} of ${data.runs} runs, ${timeOf(first)} to ${timeOf(last)}`),
  data.series.length > 1 && el("div", { class: "controls" }, el("input", { type: "search", id: "filter", placeholder: "Filter benchmarks and metrics", oninput: (e) => { state.filter = e.target.value; draw(); } })),
  box, el("p", { class: "note" }, "Points: medians of the repeats; lines through them: from the smallest to the largest; grey bands: the level between two changes."), footer());
draw();

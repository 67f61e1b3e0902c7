// The page of values over the runs.
const data = JSON.parse(document.getElementById("data").textContent);
const $$ = (selector, inside = document) => [...inside.querySelectorAll(selector)];
check("it is drawn", await until(() => $$("section.series svg").length === data.series.length), $$("section.series svg").length);
data.series.forEach((series, i) => {
  const section = $$("section.series")[i], circles = $$("circle", section);
  check("a point per run", circles.length === series.points.length, `${circles.length} of ${series.points.length}`);
  const y = circles.map((c) => Number(c.getAttribute("cy"))), order = [...y.keys()].sort((a, b) => series.points[a].median - series.points[b].median);
  check("larger values lie higher", order.every((k, n) => n === 0 || y[k] <= y[order[n - 1]] + 1e-6), y.join());
  const rows = $$("table.changes tbody tr", section);
  check("a row per change", rows.length === series.changes.length && rows.length === 2, rows.length);
  const marks = $$('g[aria-label="rule"][stroke-dasharray] line, g[aria-label="rule"] line[stroke-dasharray]', section);
  check("a mark per change", marks.length === 2, marks.length);
  check("a level between the changes", $$('g[aria-label="rule"][stroke-width="6"] line', section).length === 3, "not three");
  const figures = rows.map((row) => row.cells[4].textContent);
  check("how far it went", /^−(19\.\d|20\.0)\u202f%$/.test(figures[0]) && /^\+1[45]\.\d\u202f%$/.test(figures[1]), figures.join());
  const ways = rows.map((row) => (row.cells[4].classList.contains("better") ? "better" : row.cells[4].classList.contains("worse") ? "worse" : "?")).join();
  check("which way is better", ways === (series.unit === "MB/s" ? "worse,better" : "better,worse"), ways);
  check("the changes name their commits", rows[0].cells[0].textContent === series.points[8].commit.slice(0, 9), rows[0].cells[0].textContent);
});

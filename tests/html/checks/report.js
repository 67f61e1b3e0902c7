// A run's page: the points are the values, the choices do something.
const data = JSON.parse(document.getElementById("data").textContent);
const $$ = (selector) => [...document.querySelectorAll(selector)];
const ofUnit = (unit) => data.benchmarks.flatMap((b) => b.metrics.filter((m) => m.unit === unit).flatMap((m) => m.values));
const dots = () => $$('#overview g[aria-label="dot"] circle').length;
const choose = (list, value) => { list.value = value; list.dispatchEvent(new Event("change")); };

check("it is drawn", await until(() => dots() > 0), "no point");
const units = [...new Set(data.benchmarks.flatMap((b) => b.metrics.map((m) => m.unit)))];
const [metrics] = $$("select");
check("every metric can be chosen", [...metrics.options].map((o) => o.value).join() === units.join(), [...metrics.options].map((o) => o.value));
for (const unit of units) {
  choose(metrics, unit);
  check(`a point for every repeat of ${unit}`, dots() === ofUnit(unit).length, `${dots()} points, ${ofUnit(unit).length} values`);
}
choose(metrics, units[0]);
const medians = $$('#overview g[aria-label="tick"] line').length;
check("a line for every median", medians === data.benchmarks.length, medians);
const some = (count) => count > 0 && count <= data.benchmarks.length;
check("bands for the intervals", data.benchmarks[0].metrics[0].values.length < 2 || some($$('#overview g[aria-label="rule"] line').length), "none");
const titles = $$('#overview g[aria-label="dot"] circle title').map((t) => t.textContent);
check("points say what they are", titles.length === dots() && titles[0].includes(data.benchmarks[0].label) && titles[0].includes(units[0]), titles[0]);
// As long as the value is large: positions are data, not decoration.
const x = $$('#overview g[aria-label="dot"] circle').map((c) => Number(c.getAttribute("cx"))), values = ofUnit(units[0]);
const sorted = [...values.keys()].sort((a, b) => values[a] - values[b]);
check("larger values lie further right", sorted.every((k, i) => i === 0 || x[k] >= x[sorted[i - 1]] - 1e-6), x.join());

const rows = $$("#medians tbody tr");
check("a row per benchmark", rows.length === data.benchmarks.length, rows.length);
check("a cell per metric", rows[0].cells.length === 1 + units.length, rows[0].cells.length);
rows.at(-1).click();
const last = data.benchmarks.at(-1), repeats = $$("#repeats .metric");
check("a benchmark can be picked", document.querySelector("h2 .name").textContent.endsWith(last.label), document.querySelector("h2 .name").textContent);
check("all its metrics are there", repeats.length === last.metrics.length, repeats.length);
await until(() => $$("#repeats circle").length > 0);
const shown = last.metrics.filter((m) => m.values.length > 1).reduce((sum, m) => sum + m.values.length, 0);
check("with all their repeats", $$("#repeats circle").length === shown, `${$$("#repeats circle").length} of ${shown}`);
const filter = document.getElementById("filter");
filter.value = last.label;
filter.dispatchEvent(new Event("input"));
const matching = data.benchmarks.filter((b) => b.label.includes(last.label)).length;
check("the filter filters", $$("#medians tbody tr").length === matching, `${$$("#medians tbody tr").length} of ${matching}`);
check("the run is described", document.querySelector("dl.facts").textContent.includes(data.id), document.querySelector("dl.facts").textContent);

// A comparison's page: verdict, differences and repeats are the data's.
const data = JSON.parse(document.getElementById("data").textContent);
for (const row of data.rows) [row.old, row.new] = [row.old_values, row.new_values];
const $$ = (selector) => [...document.querySelectorAll(selector)];
const points = () => $$('#forest g[aria-label="dot"] circle');
const choose = (list, value) => { list.value = value; list.dispatchEvent(new Event("change")); };

check("the verdict", document.querySelector(".verdict b").textContent === data.verdict && document.querySelector(".verdict").classList.contains(data.verdict), document.querySelector(".verdict").textContent);
check("it is drawn", await until(() => points().length > 0), "no point");
const [metrics, results] = $$("select");
for (const { value } of metrics.options) {
  choose(metrics, value);
  const both = data.rows.filter((r) => r.unit === value && r.old && r.new && r.relative != null);
  check(`a point for every difference of ${value}`, points().length === both.length, `${points().length} of ${both.length}`);
  const x = points().map((c) => Number(c.getAttribute("cx")));
  const order = [...both.keys()].sort((a, b) => both[a].relative - both[b].relative);
  check(`larger differences of ${value} lie further right`, order.every((k, i) => i === 0 || x[k] >= x[order[i - 1]] - 1e-6), x.join());
}
const relative = data.rows.filter((r) => r.old && r.new && r.relative != null && /%/.test(r.gate ?? ""));
for (const unit of new Set(relative.map((r) => r.unit))) {
  choose(metrics, unit);
  const marks = $$('#forest g[aria-label="tick"] line').length, want = relative.filter((r) => r.unit === unit).length;
  check(`limits of the gates of ${unit} are marked`, marks === want, `${marks} of ${want}`);
}
check("some gate is in percent", relative.length > 0 || data.rows.every((r) => !/%/.test(r.gate ?? "")), "none was drawn");
check("a row per result", $$("#results tbody tr").length === data.rows.length, $$("#results tbody tr").length);
const badges = $$("#results .badge").map((b) => b.textContent);
for (const verdict of ["PASS", "FAIL", "INCONCLUSIVE"]) {
  const want = data.rows.filter((r) => r.unit && r.verdict === verdict).length, got = badges.filter((b) => b === verdict).length;
  check(`rows that are ${verdict}`, got === want, `${got} of ${want}`);
}
choose(results, "gated");
check("only gated results", $$("#results tbody tr").length === data.rows.filter((r) => r.verdict).length, $$("#results tbody tr").length);
choose(results, "all");
const index = data.rows.findIndex((r) => r.old && r.new), row = data.rows[index];
$$("#results tbody tr")[index].click();
await until(() => $$("#repeats circle").length > 0);
const card = $$("#repeats .metric").find((c) => c.dataset.unit === row.unit);
const way = card?.querySelector(".figure span")?.className, coloured = card && getComputedStyle(card.querySelector(".figure span")).color;
check("a change for the worse looks like one", way !== "worse" || coloured === getComputedStyle(document.querySelector(".badge.FAIL, td.worse")).color, coloured);
check("the repeats of both sides", card?.querySelectorAll("circle").length === row.old.values.length + row.new.values.length, card?.querySelectorAll("circle").length);

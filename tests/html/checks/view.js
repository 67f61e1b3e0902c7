// A profile's page: frames are as wide as their values, zoom, search and the choices work.
const data = JSON.parse(document.getElementById("data").textContent);
const $$ = (selector) => [...document.querySelectorAll(selector)];
const frames = () => $$("#flame g.frame"), width = (g) => Number(g.querySelector("rect").getAttribute("width"));
const named = (name) => frames().filter((g) => g.querySelector("title").textContent.startsWith(name + "\n"));
const settle = () => sleep(350);
const label = (text) => $$("label").find((l) => l.textContent.startsWith(text))?.querySelector("select");
const choose = (list, value) => { list.value = value; list.dispatchEvent(new Event("change")); };

check("it is drawn", await until(() => frames().length > 3), `${frames().length} frames`);
await settle();
const benchmark = data.benchmarks[0], side = benchmark.sides[0], profile = side.profile, full = frames().map(width).reduce((a, b) => Math.max(a, b));
check("the heading", document.querySelector("h1").textContent === benchmark.label, document.querySelector("h1").textContent);

// Every frame that is drawn has the width of its share.
const columnOf = (type) => profile.types.findIndex((t) => t.type === type);
const sharesOf = (column) => {
  const cum = profile.tree.self[column].slice();
  for (let i = cum.length - 1; i > 0; i--) cum[profile.tree.parent[i]] += cum[i];
  const shares = new Map();
  profile.tree.parent.forEach((parent, i) => {
    const name = i === 0 ? benchmark.label : profile.functions[profile.tree.function[i]][0];
    shares.set(name, [...(shares.get(name) ?? []), cum[i] / cum[0]]);
  });
  return shares;
};
const widthsHold = () => {
  const shares = sharesOf(columnOf(label("samples").value));
  const wrong = frames().filter((g) => {
    const name = g.querySelector("title").textContent.split("\n")[0];
    return !(shares.get(name) ?? []).some((share) => Math.abs(share * full - width(g)) < 0.75);
  });
  return wrong.map((g) => `${g.querySelector("title").textContent}: ${width(g)}`);
};
check("widths are shares", widthsHold().length === 0, widthsHold().slice(0, 3).join());
const labels = frames().filter((g) => width(g) > 200).map((g) => g.querySelector("div").textContent);
check("wide frames are labelled", labels.length > 0 && labels.every((text) => text.length > 0), labels.join());

// Zoom: a frame in the middle becomes as wide as the graph, its neighbours go; and back.
const wanted = frames().filter((g) => width(g) > 30 && width(g) < full * 0.9).sort((a, b) => width(b) - width(a))[0];
if (wanted) {
  const name = wanted.querySelector("title").textContent.split("\n")[0], before = frames().length;
  wanted.scrollIntoView({ block: "center" });
  const at = wanted.querySelector("rect").getBoundingClientRect(), hit = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
  check("a click would reach its frame", hit?.closest("g.frame") === wanted, hit?.outerHTML.slice(0, 100));
  hit.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  await settle();
  check("a click zooms", named(name).some((g) => Math.abs(width(g) - full) < 1), `${name}: ${named(name).map(width)}`);
  document.getElementById("reset").click();
  await settle();
  check("and back", frames().length === before && widthsHold().length === 0, `${frames().length} frames, ${before} before`);
} else check("a frame to zoom to", false, "every frame is as wide as the graph");

// Search: what is found is marked, the rest is not.
const box = document.getElementById("search"), marked = () => frames().filter((g) => g.querySelector("rect").getAttribute("fill") === "#f7c325");
const target = frames().filter((g) => width(g) < full * 0.9).sort((a, b) => width(b) - width(a))[0].querySelector("title").textContent.split("\n")[0];
box.value = target.toUpperCase();
box.dispatchEvent(new Event("input"));
check("search finds", marked().length > 0 && marked().every((g) => g.querySelector("title").textContent.split("\n")[0].includes(target)), `${marked().length} frames for ${target}`);
check("and says how much", /\d+ frames?, [\d.]+\u202f%/.test(document.querySelector(".details").textContent), document.querySelector(".details").textContent);
box.value = "(no such*function[";
box.dispatchEvent(new Event("input"));
check("and what is not there it does not find", marked().length === 0 && document.querySelector(".details").textContent.includes("0 frames"), marked().length);
box.value = "";
box.dispatchEvent(new Event("input"));
frames()[1].dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
check("pointing shows numbers", /itself/.test(document.querySelector(".details").textContent), document.querySelector(".details").textContent);

// Hot lines, in order; by function too.
const first = () => $$("#hot tbody tr").map((tr) => tr.cells[1].querySelector("small").textContent).map((t) => parseFloat(t));
for (const by of ["line", "function"]) {
  choose(label("by"), by);
  check(`the hottest by ${by} come first`, first().length > 1 && first().every((x, i) => i === 0 || x <= first()[i - 1]), first().join());
}
const column = columnOf(label("samples").value), flat = new Map();
profile.tree.self[column].forEach((x, i) => i > 0 && flat.set(profile.functions[profile.tree.function[i]][0], (flat.get(profile.functions[profile.tree.function[i]][0]) ?? 0) + x));
const hottest = [...flat].sort((a, b) => b[1] - a[1])[0];
check("the hottest function", document.querySelector("#hot tbody .name").title === hottest[0] && Math.abs(first()[0] - 100 * hottest[1] / profile.total[column]) < 0.06, `${document.querySelector("#hot tbody .name").title} ${first()[0]}, not ${hottest}`);

// Other samples, other scale, another benchmark.
const other = [...label("samples").options].map((o) => o.value).find((t) => t !== label("samples").value && profile.total[columnOf(t)] > 0);
if (other) {
  choose(label("samples"), other);
  await settle();
  check("another type of samples", widthsHold().length === 0 && label("samples").value === other, widthsHold().slice(0, 3).join());
}
choose(label("scale"), "share");
check("shares", /%/.test(document.querySelector("#hot tbody td.n span").textContent), document.querySelector("#hot tbody td.n span").textContent);
check("a card per counter", $$("#counters .metric").length === side.metrics.length, $$("#counters .metric").length);
const repeats = side.metrics.filter((m) => m.values.length > 1).reduce((sum, m) => sum + m.values.length, 0);
await until(() => $$("#counters circle").length === repeats);
check("with its repeats", $$("#counters circle").length === repeats, `${$$("#counters circle").length} of ${repeats}`);
if (data.benchmarks.length > 1) {
  choose(label("benchmark"), String(data.benchmarks.length - 1));
  check("another benchmark", document.querySelector("h1").textContent === data.benchmarks.at(-1).label, document.querySelector("h1").textContent);
}

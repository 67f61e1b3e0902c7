// The difference of two profiles: colours and the table say what changed.
const data = JSON.parse(document.getElementById("data").textContent);
const $$ = (selector) => [...document.querySelectorAll(selector)];
const frames = () => $$("#flame g.frame"), fill = (g) => d3.rgb(g.querySelector("rect").getAttribute("fill"));
const named = (name) => frames().filter((g) => g.querySelector("title").textContent.split("\n")[0].endsWith(name));
const label = (text) => $$("label").find((l) => l.textContent.startsWith(text))?.querySelector("select");
const choose = (list, value) => { list.value = value; list.dispatchEvent(new Event("change")); };

check("it is drawn", await until(() => frames().length > 3), `${frames().length} frames`);
await sleep(350);
check("two sides", data.runs.length === 2 && data.benchmarks[0].sides.length === 2, data.runs.length);
// The benchmark's own functions: more() does more in new, less() less, same() the same.
const of = (name) => { const [g] = named("." + name); return g && fill(g); };
check("more is red", of("more") && of("more").r > of("more").b + 60, of("more"));
check("less is blue", of("less") && of("less").b > of("less").r + 60, of("less"));
check("the same is grey", of("same") && Math.abs(of("same").r - of("same").b) < 16, of("same"));
check("what is gone has no width in new", named(".gone").length === 0, named(".gone").length);
choose(label("widths"), "0");
await sleep(350);
check("but has one in old", named(".gone").length > 0 && of("gone").b > of("gone").r + 60, named(".gone").length);
check("and what is new has none there", named(".fresh").length === 0, named(".fresh").length);
choose(label("value"), "cum");
const rows = new Map($$("#hot tbody tr").map((tr) => [tr.querySelector(".name").title.split(".").at(-1), tr]));
const change = (name) => rows.get(name)?.cells[3].textContent ?? "absent";
check("the table's signs", change("more").startsWith("+") && change("less").startsWith("−") && change("fresh").startsWith("+") && change("gone").startsWith("−"), [...rows].map(([name]) => `${name} ${change(name)}`).join());
check("counters of both sides", $$("#counters .metric").every((card) => card.querySelectorAll("circle").length === 2), $$("#counters circle").length);

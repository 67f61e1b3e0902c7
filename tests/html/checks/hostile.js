// Names that try to be markup or script are text, wherever they stand.
await sleep(400);
check("no script of theirs ran", window.hacked === undefined, "window.hacked is " + window.hacked);
const scripts = [...document.querySelectorAll("script")].map((s) => s.id || s.textContent.length);
check("no script element of theirs", document.querySelectorAll("script").length <= 7 && [...document.querySelectorAll("script")].every((s) => s.textContent !== "window.hacked=1"), scripts.join());
const theirs = [...document.querySelectorAll("img, iframe, object, embed, base, form, [onerror], [onload]")].map((e) => e.outerHTML);
check("no element of theirs", theirs.length === 0, theirs.join());
const text = document.getElementById("page").textContent;
check("they are there as text", text.includes("</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"), text.slice(0, 300));
check("the page is drawn", document.querySelectorAll("svg circle, svg g.frame").length > 0, "nothing");

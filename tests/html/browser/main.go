// Browser opens a page in headless Chromium, runs a script of checks in it, and says what held, in
// the protocol of tests/lib.sh. Whatever the checks say, a message on the console or a request other
// than for the page itself is a failure.
//
//	browser [-shot FILE [-crop HEIGHT]] [-size WIDTHxHEIGHT] [-dark] PAGE CHECKS [PAGE CHECKS]...
//
// Results are named after the page. CHECKS is the body of an async function that has check(name, holds, why), until(condition) and
// sleep(milliseconds). Debian's chromedriver does the driving, over HTTP.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// prelude gives checks their vocabulary; the last argument is WebDriver's callback.
const prelude = `
const done = arguments[arguments.length - 1], results = [];
const check = (name, holds, why) => results.push({name, holds: Boolean(holds), why: String(why ?? "")});
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (condition) => {
  for (let i = 0; i < 100; i++, await sleep(30)) if (condition()) return true;
  return false;
};
(async () => {
`

const epilogue = `
})().then(() => done({results}), (error) => done({results, error: String(error?.stack ?? error)}));
`

type result struct {
	Name, Why string
	Holds     bool
}

var failures int

func say(name string, holds bool, why string) {
	if holds {
		fmt.Println("ok", name)
		return
	}
	failures++
	fmt.Printf("not ok %s: %s\n", name, strings.ReplaceAll(why, "\n", " | "))
}

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(2)
	}
}

func main() {
	shot := flag.String("shot", "", "write a screenshot of the whole page to `FILE`")
	crop := flag.Int("crop", 1<<14, "of at most `HEIGHT` pixels")
	size := flag.String("size", "1280x900", "`WIDTHxHEIGHT` of the window")
	dark := flag.Bool("dark", false, "as for a person who likes dark pages")
	flag.Parse()
	if flag.NArg() == 0 || flag.NArg()%2 != 0 {
		flag.Usage()
		os.Exit(2)
	}
	d, err := start(*size, *dark)
	die(err)
	for args := flag.Args(); err == nil && len(args) > 0; args = args[2:] {
		err = look(d, args[0], args[1], *shot, *crop)
	}
	d.stop()
	die(err)
	if failures > 0 {
		os.Exit(1)
	}
}

func look(d *driver, page, checks, shot string, crop int) error {
	page, err := filepath.Abs(page)
	if err != nil {
		return err
	}
	name, url := strings.TrimSuffix(filepath.Base(page), ".html"), "file://"+page
	// What Chromium's own start page asked for is taken out of the log first.
	var entries []logEntry
	for _, step := range []struct {
		path, key, value string
		to               any
	}{{"/url", "url", "about:blank", nil}, {"/se/log", "type", "performance", &entries}, {"/url", "url", url, nil}} {
		if err := d.call("POST", step.path, map[string]string{step.key: step.value}, step.to); err != nil {
			return err
		}
	}
	if err := run(d, checks, name); err != nil {
		return err
	}
	if shot != "" {
		if err := screenshot(d, shot, crop); err != nil {
			return err
		}
	}
	if err := console(d, name); err != nil {
		return err
	}
	return network(d, url, name)
}

func run(d *driver, path, name string) error {
	body, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var out struct {
		Results []result
		Error   string
	}
	script := map[string]any{"script": prelude + string(body) + epilogue, "args": []any{}}
	if err := d.call("POST", "/execute/async", script, &out); err != nil {
		return err
	}
	for _, r := range out.Results {
		say(name+": "+r.Name, r.Holds, r.Why)
	}
	if out.Error != "" {
		say(name+": its checks run to the end", false, out.Error)
	} else if len(out.Results) == 0 {
		say(name+": has checks", false, "none ran")
	}
	return nil
}

type logEntry struct{ Level, Message string }

func console(d *driver, name string) error {
	var entries []logEntry
	if err := d.call("POST", "/se/log", map[string]any{"type": "browser"}, &entries); err != nil {
		return err
	}
	text := ""
	for _, e := range entries {
		text += e.Level + " " + e.Message + "\n"
	}
	say(name+": nothing on the console", text == "", text)
	return nil
}

// The performance log has every request that the page's tab began, blocked ones too.
func network(d *driver, url, name string) error {
	var entries []logEntry
	if err := d.call("POST", "/se/log", map[string]any{"type": "performance"}, &entries); err != nil {
		return err
	}
	seen, others := false, ""
	for _, e := range entries {
		var m struct {
			Message struct {
				Method string
				Params struct{ Request struct{ URL string } }
			}
		}
		if err := json.Unmarshal([]byte(e.Message), &m); err != nil {
			return err
		}
		if m.Message.Method != "Network.requestWillBeSent" {
			continue
		}
		switch to := m.Message.Params.Request.URL; {
		case to == url:
			seen = true
		case !strings.HasPrefix(to, "data:"):
			others += to + "\n"
		}
	}
	say(name+": requests are seen", seen, "not even the page's own is in the log")
	say(name+": no request", others == "", others)
	return nil
}

// screenshot makes the window as high as the page first.
func screenshot(d *driver, path string, crop int) error {
	var height float64
	script := map[string]any{"script": "return document.documentElement.scrollHeight", "args": []any{}}
	if err := d.call("POST", "/execute/sync", script, &height); err != nil {
		return err
	}
	metrics := map[string]any{"cmd": "Emulation.setDeviceMetricsOverride", "params": map[string]any{
		"width": d.width, "height": min(int(height), crop), "deviceScaleFactor": 1, "mobile": false}}
	if err := d.call("POST", "/goog/cdp/execute", metrics, nil); err != nil {
		return err
	}
	var text string
	if err := d.call("GET", "/screenshot", nil, &text); err != nil {
		return err
	}
	picture, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		return err
	}
	var small bytes.Buffer // Chromium is in a hurry
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, picture); err != nil {
		return err
	}
	return os.WriteFile(path, small.Bytes(), 0o666)
}

func parseSize(text string) (width, height int, err error) {
	w, h, found := strings.Cut(text, "x")
	width, err = strconv.Atoi(w)
	if err == nil && found {
		height, err = strconv.Atoi(h)
	}
	return width, height, err
}

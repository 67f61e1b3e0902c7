package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"time"
)

// A driver is one chromedriver with one session of Chromium. (w3.org/TR/webdriver2)
type driver struct {
	process *exec.Cmd
	session string // its URL
	profile string // Chromium's directory, new
	width   int
}

var (
	startedOn = regexp.MustCompile(`started successfully on port (\d+)`)
	client    = http.Client{Timeout: 90 * time.Second}
)

// start also waits until the session can be used.
func start(size string, dark bool) (*driver, error) {
	width, height, err := parseSize(size)
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "chromium-")
	if err != nil {
		return nil, err
	}
	d := &driver{profile: profile, width: width, process: exec.Command("chromedriver", "--port=0")}
	out, err := d.process.StdoutPipe()
	if err == nil {
		err = d.process.Start()
	}
	if err != nil {
		os.RemoveAll(profile)
		return nil, err
	}
	port := ""
	for lines := bufio.NewScanner(out); port == "" && lines.Scan(); {
		if m := startedOn.FindStringSubmatch(lines.Text()); m != nil {
			port = m[1]
		}
	}
	go io.Copy(io.Discard, out)
	if port == "" {
		d.stop()
		return nil, fmt.Errorf("chromedriver did not start")
	}
	d.session = "http://127.0.0.1:" + port + "/session"
	if err := d.open(width, height, dark); err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

func (d *driver) open(width, height int, dark bool) error {
	args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-dev-shm-usage", "--hide-scrollbars", "--user-data-dir=" + d.profile,
		fmt.Sprintf("--window-size=%d,%d", width, height)}
	if dark {
		args = append(args, "--blink-settings=preferredColorScheme=0")
	}
	capabilities := map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"goog:chromeOptions": map[string]any{"args": args},
		"goog:loggingPrefs":  map[string]string{"browser": "ALL", "performance": "ALL"},
		"timeouts":           map[string]int{"script": 60000, "pageLoad": 60000},
	}}}
	var session struct{ SessionID string }
	if err := d.call("POST", "", capabilities, &session); err != nil {
		return err
	}
	d.session += "/" + session.SessionID
	return nil
}

// stop ends the session, Chromium with it, and chromedriver.
func (d *driver) stop() {
	d.call("DELETE", "", nil, nil)
	d.process.Process.Kill()
	d.process.Wait()
	os.RemoveAll(d.profile)
}

// call sends a command of the session and stores the answer's value in *value, unless that is nil.
func (d *driver) call(method, path string, body, value any) error {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, d.session+path, in)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct{ Value json.RawMessage }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		var failure struct{ Error, Message string }
		json.Unmarshal(answer.Value, &failure)
		return fmt.Errorf("%s %s: %s: %.300s", method, path, failure.Error, failure.Message)
	}
	if value == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, value)
}

//go:build cgo && linux && (amd64 || arm64)

package gohook

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

//go:noinline
func hotFunction(d time.Duration) {
	for end := threadTime() + d; threadTime() < end; {
		spin(1000)()
	}
}

//go:noinline
func coldFunction(d time.Duration) {
	for end := threadTime() + d; threadTime() < end; {
		spin(1000)()
	}
}

// share is the part of the profile's samples that have a function in their stacks, by go tool pprof.
func share(t *testing.T, profile []byte, function string) float64 {
	t.Helper()
	name := filepath.Join(t.TempDir(), "profile")
	if err := os.WriteFile(name, profile, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(runtime.GOROOT(), "bin", "go"), "tool", "pprof", "-top", "-cum", "-nodecount=1000", name).CombinedOutput()
	if err != nil {
		t.Skip("skipped: no go tool pprof: ", err, string(out))
	}
	m := regexp.MustCompile(`(?m)^.*\s([0-9.]+)%\s+\S*gohook\.` + function + `( \(inline\))?$`).FindSubmatch(out)
	if m == nil {
		t.Logf("%s", out)
		return 0
	}
	percent, _ := strconv.ParseFloat(string(m[1]), 64)
	return percent / 100
}

// Three parts of four in one function, on a thread that begins later than the profile; what ran
// before is not in it.
func TestProfile(t *testing.T) {
	inSomeRound(t, func() string {
		burn(50 * time.Millisecond)
		var out bytes.Buffer
		p, err := Profile(&out, Name("part"))
		need(t, err)
		inGoroutine(func() {
			runtime.LockOSThread() // and not unlocked
			hotFunction(300 * time.Millisecond)
		})()
		runtime.LockOSThread()
		coldFunction(100 * time.Millisecond)
		runtime.UnlockOSThread()
		sums, err := p.Stop()
		if err != nil {
			t.Fatal(err)
		}
		size := out.Len()
		burn(20 * time.Millisecond)
		if again, err := p.Stop(); err != nil || again != sums || out.Len() != size {
			t.Error("a second Stop:", again, err)
		}
		zip, err := gzip.NewReader(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(zip)
		if err != nil || !strings.Contains(string(raw), "part") {
			t.Error("the name is not in the profile: ", err)
		}
		hot, cold := share(t, out.Bytes(), "hotFunction"), share(t, out.Bytes(), "coldFunction")
		if raceEnabled && sums.Samples >= 300 && hot > 1.5*cold && cold > 0 {
			return "" // the race detector's C code has no frame pointers: most stacks end in it
		}
		if sums.Samples < 300 || sums.Samples > 500 || hot < 0.65 || hot > 0.8 || cold < 0.18 || cold > 0.32 {
			return strings.Join([]string{strconv.FormatUint(sums.Samples, 10), "samples, shares",
				strconv.FormatFloat(hot, 'f', 3, 64), strconv.FormatFloat(cold, 'f', 3, 64)}, " ")
		}
		return ""
	})
}

func TestProfileErrors(t *testing.T) {
	if _, err := Profile(io.Discard, Events("no-such-event")); !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
	if _, err := Profile(io.Discard, Rate(-1)); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	p, err := Profile(brokenWriter{})
	need(t, err)
	burn(20 * time.Millisecond)
	if _, err := p.Stop(); err != io.ErrShortWrite {
		t.Error(err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestNoLeakOfProfiles(t *testing.T) {
	keeps(t, 100, func(int) {
		p, err := Profile(io.Discard)
		need(t, err)
		if _, err := p.Stop(); err != nil {
			t.Fatal(err)
		}
	})
}

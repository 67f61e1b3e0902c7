//go:build !cgo || !linux || !(amd64 || arm64)

package gohook

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// A build without cgo, or for a system that libperfgo does not know: everything fails with
// ErrUnsupported, and a test binary that runs benchmarks says once that it does so without counters.

type libCounter struct{}

var errStub = &Error{Op: "gohook", Kind: ErrUnsupported,
	Text: "this program was built without cgo, or not for Linux on amd64 or arm64"}

func init() {
	if note := stubNote(os.Args[1:], os.Getenv); note != "" {
		fmt.Fprintln(os.Stderr, note)
	}
}

// stubNote is the sentence about a benchmark run without counters; "" where nobody waits for any, or
// where perfgo exec has put the library into the program by itself.
func stubNote(args []string, getenv func(string) string) string {
	if !runsBenchmarks(args) || getenv("PERFGO_MODE") == "off" ||
		strings.Contains(getenv("LD_PRELOAD"), "libperfgo.so") {
		return ""
	}
	return "perfgo: not measuring: " + errStub.Text
}

// runsBenchmarks tells whether a test binary was given -test.bench with a pattern.
func runsBenchmarks(args []string) bool {
	for i := 0; i < len(args) && strings.HasPrefix(args[i], "-"); i++ {
		name := strings.TrimPrefix(strings.TrimPrefix(args[i], "-"), "-")
		switch {
		case name == "":
			return false
		case name == "test.bench":
			return i+1 < len(args) && args[i+1] != ""
		case strings.HasPrefix(name, "test.bench="):
			return name != "test.bench="
		}
	}
	return false
}

func libThread() int32                           { return 0 }
func libThreadKey() uint64                       { return 0 }
func libAvailable() error                        { return errStub }
func libPlan(string, bool) (*plan, error)        { return nil, errStub }
func libPlanFree(*plan)                          {}
func libOpen(*plan, []int32) (libCounter, error) { return libCounter{}, errStub }
func libFollow(libCounter) error                 { return errStub }
func libUnfollow()                               {}
func libArmed() *plan                            { return nil }
func libSimulated() bool                         { return false }

func libRegion(string) int { return -1 }
func libRegionBegin(int)   {}
func libRegionEnd(int)     {}

func (libCounter) close()                   {}
func (libCounter) start()                   {}
func (libCounter) stop()                    {}
func (libCounter) read()                    {}
func (libCounter) reset()                   {}
func (libCounter) leave()                   {}
func (libCounter) join() error              { return errStub }
func (libCounter) attachBPF(int, int) error { return errStub }
func (libCounter) value(int) uint64         { return 0 }
func (libCounter) windows() uint64          { return 0 }
func (libCounter) threads() int             { return 0 }
func (libCounter) missed() int              { return 0 }
func (libCounter) running() bool            { return false }
func (libCounter) times(int) (enabled, running time.Duration) {
	return 0, 0
}

type armedCounts struct{}

func libArmedRead() *armedCounts      { return new(armedCounts) }
func (*armedCounts) value(int) uint64 { return 0 }
func (*armedCounts) times(int) (enabled, running time.Duration) {
	return 0, 0
}

type libProfile struct{}

func libProfileStart(string, int) (libProfile, error)         { return libProfile{}, errStub }
func (libProfile) drain() error                               { return errStub }
func (libProfile) finish(string) ([]byte, ProfileSums, error) { return nil, ProfileSums{}, errStub }

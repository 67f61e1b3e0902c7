package subject

import (
	"fmt"
	"os"
	"runtime"
	"testing"
)

// mainEntry is where runtime.main begins: places in the code are told by their distance from it, so
// that they are the same in a file and in a process.
var mainEntry uintptr

func TestMain(m *testing.M) {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	for more := true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); f.Function == "runtime.main" {
			mainEntry = f.Entry
		}
	}
	os.Exit(m.Run())
}

// note prints the frames that the runtime sees, "frame PLACE FUNCTION FILE:LINE". Those of one place
// end with a function that was not inlined, the only kind that has a Func.
//
//go:noinline
func note() {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	var place int64
	first := true
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if first {
			place = int64(f.PC) - int64(mainEntry)
		}
		if f.Function == "runtime.goexit" {
			break // the runtime asks for the byte before its entry here
		}
		fmt.Printf("frame %d %s %s:%d\n", place, f.Function, f.File, f.Line)
		first = f.Func != nil
	}
}

func innermost(n int) int {
	note()
	return n + 1
}

func middle(n int) int {
	n += 2
	return innermost(n) + 1
}

//go:noinline
func outermost(n int) int {
	n++
	return middle(n) + innermost(n)
}

func generic[T int | int64](v T) T {
	note()
	return v + T(outermost(int(v)))
}

type receiver struct{ n int }

func (r receiver) value() int    { return outermost(r.n) }
func (r *receiver) pointer() int { note(); return r.value() }

// TestFrames calls note through inlined calls, three deep, closures, methods and generics.
func TestFrames(t *testing.T) {
	r := &receiver{1}
	sum := outermost(1) + r.pointer() + r.value() + generic(2) + int(generic(int64(3)))
	call := func(f func(int) int) int { return f(sum) }
	sum += call(func(n int) int {
		defer func() { note() }()
		return middle(n)
	})
	method := r.pointer
	if sum += method(); sum == 0 {
		t.Fatal("no sum")
	}
}

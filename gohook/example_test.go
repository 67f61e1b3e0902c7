//go:build cgo && linux && (amd64 || arm64)

package gohook_test

import (
	"errors"
	"fmt"
	"sort"

	"example.com/perfgo/gohook"
)

func work() error {
	s := make([]int, 1000)
	for i := range s {
		s[i] = i * 7919 % 1000
	}
	sort.Ints(s)
	return nil
}

func ExampleCount() {
	r, err := gohook.Count("task-clock,page-faults", work)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range r.Values {
		fmt.Println(v.Event, v.Count >= 0)
	}
	// Output:
	// task-clock true
	// page-faults true
}

func ExampleCPUTaskClock() {
	v, err := gohook.CPUTaskClock(work)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Count > 1000, "nanoseconds or more")
	// Output: true nanoseconds or more
}

func ExampleErrNoPMU() {
	_, err := gohook.CPUInstructions(work)
	switch {
	case errors.Is(err, gohook.ErrNoPMU), errors.Is(err, gohook.ErrPermission):
		_, err = gohook.CPUTaskClock(work) // what any machine can count
	}
	fmt.Println(err)
	// Output: <nil>
}

func ExampleCounter() {
	c, err := gohook.Open("task-clock,context-switches")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	var r gohook.Result
	for i := 0; i < 3; i++ {
		c.Start()
		work()
		c.Stop()
	}
	c.Read(&r)
	fmt.Println(r.Windows, "windows")
	// Output: 3 windows
}

func ExampleCounter_Join() {
	c, err := gohook.Open("task-clock", gohook.Threads())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	c.Start()
	done := make(chan bool)
	go func() {
		defer close(done)
		leave, err := c.Join()
		if err != nil {
			return
		}
		defer leave()
		work()
	}()
	<-done
	var r gohook.Result
	c.Stop()
	c.Read(&r)
	v, ok := r.Value("task-clock")
	fmt.Println(ok, v.Count > 1000)
	// Output: true true
}

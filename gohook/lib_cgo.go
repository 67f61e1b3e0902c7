//go:build cgo && linux && (amd64 || arm64)

package gohook

// #include <stdlib.h>
// #include "hook.h"
import "C"

import (
	"syscall"
	"time"
	"unsafe"
)

// This file alone knows C; lib_stub.go has the same functions for builds without it.

type libCounter struct{ c *C.struct_perfgo_hook_counter }

var codes = map[C.int32_t]error{
	C.PERFGO_HOOK_NO_PMU:      ErrNoPMU,
	C.PERFGO_HOOK_PERMISSION:  ErrPermission,
	C.PERFGO_HOOK_UNSUPPORTED: ErrUnsupported,
	C.PERFGO_HOOK_INVALID:     ErrInvalid,
	C.PERFGO_HOOK_LIMIT:       ErrLimit,
}

func libError(op, events string, e *C.struct_perfgo_hook_error) error {
	return &Error{
		Op: op, Events: events, Text: C.GoString(&e.text[0]),
		Errno: syscall.Errno(e.number), Kind: codes[e.code],
	}
}

// libThread is the calling thread's id.
func libThread() int32 { return int32(syscall.Gettid()) }

// libThreadKey is a number that the calling thread has and no other ever had: an id comes back when its
// thread is gone.
func libThreadKey() uint64 { return uint64(C.gohook_thread_key()) }

func libAvailable() error {
	if C.gohook_api == nil {
		return &Error{Op: "gohook", Kind: ErrUnsupported,
			Text: "libperfgo.so is of another version of perfgo than this package"}
	}
	return nil
}

func goEvents(p *C.struct_perfgo_hook_plan) []event {
	events := make([]event, int(p.n_events))
	for i := range events {
		e := &p.event[i]
		events[i] = event{
			name: C.GoString(&e.name[0]), unit: C.GoString(&e.unit[0]),
			backend: C.GoString(&e.backend[0]), scale: float64(e.scale), group: int(e.group),
			hasTimes: e.has_times != 0, userOnly: e.user_only != 0, isClock: e.is_clock != 0,
		}
	}
	return events
}

func libPlan(events string, partial bool) (*plan, error) {
	var p *C.struct_perfgo_hook_plan
	var e C.struct_perfgo_hook_error
	if err := libAvailable(); err != nil {
		return nil, err
	}
	text := C.CString(events)
	defer C.free(unsafe.Pointer(text))
	flag := C.int(0)
	if partial {
		flag = 1
	}
	if C.gohook_plan(text, flag, &p, &e) < 0 {
		return nil, libError("plan", events, &e)
	}
	return &plan{list: events, events: goEvents(p), note: C.GoString(&p.note[0]), c: unsafe.Pointer(p)}, nil
}

func libPlanFree(p *plan) { C.gohook_plan_free((*C.struct_perfgo_hook_plan)(p.c)) }

// libOpen opens the plan on the process, or with tids != nil on these threads.
func libOpen(p *plan, tids []int32) (libCounter, error) {
	var c *C.struct_perfgo_hook_counter
	var e C.struct_perfgo_hook_error
	var first *C.int32_t
	scope := C.int(C.PERFGO_HOOK_PROCESS)
	if tids != nil {
		scope = C.PERFGO_HOOK_THREADS
	}
	if len(tids) > 0 {
		first = (*C.int32_t)(unsafe.Pointer(&tids[0]))
	}
	if C.gohook_open((*C.struct_perfgo_hook_plan)(p.c), scope, first, C.size_t(len(tids)), &c, &e) < 0 {
		return libCounter{}, libError("open", p.list, &e)
	}
	return libCounter{c}, nil
}

func (l libCounter) close() { C.gohook_close(l.c) }
func (l libCounter) start() { C.gohook_start(l.c) }
func (l libCounter) stop()  { C.gohook_stop(l.c) }
func (l libCounter) read()  { C.gohook_read(l.c) }
func (l libCounter) reset() { C.gohook_reset(l.c) }
func (l libCounter) leave() { C.gohook_leave(l.c) }

func (l libCounter) join() error {
	var e C.struct_perfgo_hook_error
	if C.gohook_join(l.c, &e) < 0 {
		return libError("join", "", &e)
	}
	return nil
}

func (l libCounter) attachBPF(event, fd int) error {
	var e C.struct_perfgo_hook_error
	if C.gohook_attach_bpf(l.c, C.uint32_t(event), C.int(fd), &e) < 0 {
		return libError("attach BPF", "", &e)
	}
	return nil
}

// What the last stop, read or reset found.
func (l libCounter) value(i int) uint64 { return uint64(l.c.counts.value[i]) }
func (l libCounter) times(group int) (enabled, running time.Duration) {
	return time.Duration(l.c.counts.enabled_ns[group]), time.Duration(l.c.counts.running_ns[group])
}
func (l libCounter) windows() uint64 { return uint64(l.c.windows) }
func (l libCounter) threads() int    { return int(l.c.threads) }
func (l libCounter) missed() int     { return int(l.c.missed) }
func (l libCounter) running() bool   { return l.c.running != 0 }

// libFollow makes the counter's window follow the timer of the benchmark under way, until
// libUnfollow.
func libFollow(l libCounter) error {
	var e C.struct_perfgo_hook_error
	if C.gohook_follow(l.c, &e) < 0 {
		return libError("follow", "", &e)
	}
	return nil
}

func libUnfollow() { C.gohook_follow(nil, nil) }

// libArmed returns what the armed process counts by itself; nil when it is not armed.
func libArmed() *plan {
	if libAvailable() != nil {
		return nil
	}
	p := C.gohook_armed_plan()
	if p == nil {
		return nil
	}
	return &plan{events: goEvents(p), note: C.GoString(&p.note[0])}
}

func libSimulated() bool {
	return libAvailable() == nil && C.gohook_state() == C.PERFGO_HOOK_SIMULATE
}

// armedCounts is what the windows of the benchmark under way counted so far.
type armedCounts struct{ c C.struct_perfgo_hook_counts }

func libArmedRead() *armedCounts {
	a := new(armedCounts)
	C.gohook_armed_read(&a.c)
	return a
}

func (a *armedCounts) value(i int) uint64 { return uint64(a.c.value[i]) }
func (a *armedCounts) times(group int) (enabled, running time.Duration) {
	return time.Duration(a.c.enabled_ns[group]), time.Duration(a.c.running_ns[group])
}

// libRegion returns a region's number; negative when regions are not counted here.
func libRegion(name string) int {
	if libAvailable() != nil || C.gohook_state() != C.PERFGO_HOOK_ARMED || name == "" {
		return -1
	}
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	return int(C.gohook_region(text, C.size_t(len(name))))
}

func libRegionBegin(region int) { C.gohook_region_begin(C.int(region)) }
func libRegionEnd(region int)   { C.gohook_region_end(C.int(region)) }

type libProfile struct{ p *C.struct_profiling }

func libProfileStart(events string, freq int) (libProfile, error) {
	var p *C.struct_profiling
	var e C.struct_perfgo_hook_error
	if err := libAvailable(); err != nil {
		return libProfile{}, err
	}
	text := C.CString(events)
	defer C.free(unsafe.Pointer(text))
	if C.gohook_profile_start(text, C.uint64_t(freq), &p, &e) < 0 {
		return libProfile{}, libError("profile", events, &e)
	}
	return libProfile{p}, nil
}

func (l libProfile) drain() error {
	var e C.struct_perfgo_hook_error
	if C.gohook_profile_drain(l.p, &e) < 0 {
		return libError("profile", "", &e)
	}
	return nil
}

// finish ends the profile, whatever it returns.
func (l libProfile) finish(name string) ([]byte, ProfileSums, error) {
	var e C.struct_perfgo_hook_error
	var sums C.struct_perfgo_hook_sums
	var bytes *C.char
	var size C.size_t
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	rc := C.gohook_profile_finish(l.p, text, &bytes, &size, &sums, &e)
	s := ProfileSums{Samples: uint64(sums.taken), Lost: uint64(sums.lost), Missed: uint64(sums.missed)}
	if rc < 0 {
		return nil, s, libError("profile", "", &e)
	}
	defer C.free(unsafe.Pointer(bytes))
	return C.GoBytes(unsafe.Pointer(bytes), C.int(size)), s, nil
}

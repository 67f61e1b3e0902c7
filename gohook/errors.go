package gohook

import (
	"errors"
	"syscall"
)

// Why something could not be counted, for errors.Is. The errors of this package also wrap the
// syscall.Errno of the system call that failed, where one did.
var (
	// ErrNoPMU: a hardware event, and no hardware that counts it (as in most virtual machines).
	ErrNoPMU = errors.New("no hardware counter for it")
	// ErrPermission: the kernel forbids it; the error's text says what would allow it.
	ErrPermission = errors.New("permission denied")
	// ErrUnsupported: this build, system, kernel or scope cannot count it.
	ErrUnsupported = errors.New("not supported")
	// ErrInvalid: the list of events is not well formed, or names an unknown event.
	ErrInvalid = errors.New("invalid list of events")
	// ErrLimit: out of file descriptors or memory.
	ErrLimit = errors.New("a limit was reached")
	// ErrNotCounted: the event never got on the hardware while the window was open.
	ErrNotCounted = errors.New("the event was never on the hardware")
	// ErrClosed: the counter was closed.
	ErrClosed = errors.New("the counter is closed")
)

// An Error tells what failed and why. It is one of the Err values above by errors.Is, and unwraps to
// Errno when there is one.
type Error struct {
	Op     string        // what was tried: "plan", "open", "join", …
	Events string        // the list of events; "" when it does not matter
	Text   string        // one sentence: what, why, and what to do about it
	Errno  syscall.Errno // of the system call that failed; 0 when none did
	Kind   error         // one of the Err values, or nil
}

// Error returns the sentence.
func (e *Error) Error() string { return "gohook: " + e.Text }

// Is reports whether target is the error's kind.
func (e *Error) Is(target error) bool { return e.Kind != nil && target == e.Kind }

// Unwrap returns the Errno, or nil.
func (e *Error) Unwrap() error {
	if e.Errno == 0 {
		return nil
	}
	return e.Errno
}

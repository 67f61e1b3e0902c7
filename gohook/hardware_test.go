//go:build cgo && linux && (amd64 || arm64)

package gohook

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// Hardware events, each with work that makes a known number of them, within what processors differ.

var sink [8]int

// spin is a loop with a branch, two loads and a store, in n turns.
func spin(n int) func() error {
	return func() error {
		for i := 0; i < n; i++ {
			sink[i&7] += i ^ sink[(i+1)&7]
		}
		return nil
	}
}

const line = 64 // bytes of a cache's line; where they are more, a step still is one

// A chain is memory in whose lines are the numbers of other lines: one cycle through all, in an order that
// nothing foresees. No huge pages, so a step is to another page.
type chain struct {
	once sync.Once
	next []uint32
	err  error
}

// nearChain is larger than all caches but the last, and than all TLBs; farChain, where that can be, than the last
// cache too.
var nearChain, farChain chain

const nearSize, mostFar = 64 << 20, 256 << 20 // bytes

// lastCache is the size of the largest cache in bytes.
func lastCache() int {
	most := 0
	sizes, _ := filepath.Glob("/sys/devices/system/cpu/cpu0/cache/index*/size")
	for _, name := range sizes {
		text, _ := os.ReadFile(name)
		kb, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(string(text)), "K"))
		if kb<<10 > most {
			most = kb << 10
		}
	}
	return most
}

type random uint64

func (r *random) next() uint64 {
	*r ^= *r << 13
	*r ^= *r >> 7
	*r ^= *r << 17
	return uint64(*r)
}

func makeChain(size int) ([]uint32, error) {
	mem, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return nil, err
	}
	syscall.Syscall(syscall.SYS_MADVISE, uintptr(unsafe.Pointer(&mem[0])), uintptr(size), 15) // MADV_NOHUGEPAGE
	const words = line / 4
	next := (*[mostFar / 4]uint32)(unsafe.Pointer(&mem[0]))[: size/4 : size/4]
	for i := 0; i < size/line; i++ {
		next[i*words] = uint32(i)
	}
	// S. Sattolo's shuffle leaves a single cycle.
	r := random(88172645463325252)
	for i := size/line - 1; i > 0; i-- {
		a, b := &next[i*words], &next[int(r.next()%uint64(i))*words]
		*a, *b = *b, *a
	}
	return next, nil
}

// follow goes n steps along a chain.
func follow(next []uint32, n int) uint32 {
	at := uint32(0)
	for i := 0; i < n; i++ {
		at = next[at*(line/4)]
	}
	return at
}

var errCache = errors.New("the last cache is too large to make it miss")

func (c *chain) chase(size, n int) func() error {
	c.once.Do(func() {
		if c.err = errCache; size <= mostFar {
			c.next, c.err = makeChain(size)
		}
	})
	return func() error {
		if c.err == nil {
			sink[0] += int(follow(c.next, n))
		}
		return c.err
	}
}

// chase goes n steps, most of which no TLB serves and of the caches at best the last one.
func chase(n int) func() error { return nearChain.chase(nearSize, n) }

// chaseFar goes n steps of which no cache serves more than half.
func chaseFar(n int) func() error {
	if 2*lastCache() <= nearSize {
		return chase(n)
	}
	return farChain.chase(2*lastCache(), n)
}

//go:noinline
func left() { sink[0]++ }

//go:noinline
func right() { sink[1]++ }

// guess goes left or right n times, by chance.
func guess(n int) func() error {
	r := random(88172645463325252)
	return func() error {
		for i := 0; i < n; i++ {
			if r.next()&1 == 0 {
				left()
			} else {
				right()
			}
		}
		return nil
	}
}

// jumps are functions that return at once, each on a page of its own and more than a first TLB holds.
var jumps struct {
	once  sync.Once
	entry [1024]uintptr
	f     []func()
}

func makeJumps() {
	const size = len(jumps.entry) * page
	mem, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return
	}
	syscall.Syscall(syscall.SYS_MADVISE, uintptr(unsafe.Pointer(&mem[0])), uintptr(size), 15) // MADV_NOHUGEPAGE
	ret := []byte{0xc3}
	if runtime.GOARCH == "arm64" {
		ret = []byte{0xc0, 0x03, 0x5f, 0xd6}
	}
	for i := range jumps.entry {
		at := i*page + i%(page/line)*line // pages' first lines share their place in the cache
		copy(mem[at:], ret)
		jumps.entry[i] = uintptr(unsafe.Pointer(&mem[at]))
	}
	if syscall.Mprotect(mem, syscall.PROT_READ|syscall.PROT_EXEC) != nil {
		return
	}
	for i := range jumps.entry {
		closure := &jumps.entry[i] // a func is a pointer to a pointer to code
		jumps.f = append(jumps.f, *(*func())(unsafe.Pointer(&closure)))
	}
}

// jump calls a function on another page, n times.
func jump(n int) func() error {
	jumps.once.Do(makeJumps)
	return func() error {
		if jumps.f == nil {
			return syscall.EACCES
		}
		for i := 0; i < n; i++ {
			jumps.f[i%len(jumps.f)]()
		}
		return nil
	}
}

// amount is how many of an event a step of some work makes.
type amount struct {
	work        func(n int) func() error
	least, most float64
	rare        bool // a step of spin makes next to none
}

// missing is the work that makes cache-misses: on arm64 they are those of the first level.
func missing() func(n int) func() error {
	if runtime.GOARCH == "arm64" {
		return chase
	}
	return chaseFar
}

var amounts = map[string]amount{
	"instructions":            {spin, 3, 50, false},
	"cycles":                  {spin, 0.2, 100, false},
	"ref-cycles":              {spin, 0.1, 100, false},
	"bus-cycles":              {spin, 0.001, 10, false},
	"branches":                {spin, 0.5, 10, false},
	"branch-loads":            {spin, 0.5, 10, false},
	"L1-dcache-loads":         {spin, 1, 20, false},
	"L1-icache-loads":         {spin, 0.01, 20, false},
	"dTLB-loads":              {spin, 1, 20, false},
	"branch-misses":           {guess, 0.25, 1.5, true},
	"branch-load-misses":      {guess, 0.25, 1.5, true},
	"stalled-cycles-frontend": {guess, 1, 100, false},
	"stalled-cycles-backend":  {chase, 5, 5000, false},
	"cache-references":        {chase, 0.5, 20, false}, // on arm64 accesses of the first level
	"cache-misses":            {missing(), 0.25, 10, true},
	"L1-dcache-load-misses":   {chase, 0.5, 10, true},
	"LLC-loads":               {chase, 0.5, 20, runtime.GOARCH == "amd64"},
	"dTLB-load-misses":        {chase, 0.5, 10, true},
	"node-loads":              {chaseFar, 0.25, 10, true},
	"iTLB-loads":              {jump, 0.5, 20, false},
}

// check counts n steps of the event's work, and twice as many.
func (a amount) check(t *testing.T, count counted) {
	const n = 1e6
	_, err := count(func() error { return nil }, Thread())
	need(t, err) // before memory is taken
	inSomeRound(t, func() string {
		one, err := count(a.work(n), Thread())
		need(t, err)
		two, err := count(a.work(2*n), Thread())
		need(t, err)
		if one.Enabled == 0 || one.Count < a.least*n || one.Count > a.most*n || !near(two.Count, 2*one.Count, 0.1) {
			return fmt.Sprintf("%v in %v steps, %v in twice as many; not %v to %v per step", one.Count, n, two.Count, a.least, a.most)
		}
		if !a.rare {
			return ""
		}
		none, err := count(spin(n), Thread())
		need(t, err)
		if none.Count > n/10 {
			return fmt.Sprintf("%v in %v turns of a loop that makes none", none.Count, n)
		}
		return ""
	})
}

// hardware is a row of the table that counts one event.
func hardware(event string, count counted) func(t *testing.T) {
	return func(t *testing.T) { amounts[event].check(t, count) }
}

// ofCache counts accesses, and where it is known what makes them misses.
func ofCache(access, miss string, f func(CacheOp, CacheResult, func() error, ...Option) (Value, error)) func(t *testing.T) {
	return func(t *testing.T) {
		_, err := f(Read, Access, func() error { return nil }, Thread())
		need(t, err)
		t.Run("access", hardware(access, func(g func() error, opts ...Option) (Value, error) {
			return f(Read, Access, g, opts...)
		}))
		if miss != "" {
			t.Run("miss", hardware(miss, func(g func() error, opts ...Option) (Value, error) {
				return f(Read, Miss, g, opts...)
			}))
		}
	}
}

// set counts all events of the list at once, as far as the machine can, and checks each of them.
func set(list string) func(t *testing.T) {
	return func(t *testing.T) {
		r, err := Count(list, spin(1000), Thread(), Partial())
		need(t, err)
		for _, event := range strings.Split(list, ",") {
			event := event
			t.Run(event, func(t *testing.T) {
				if _, ok := r.Value(event); !ok && !strings.Contains(r.Note, event) {
					t.Fatalf("%s has no value, and nothing says why: %q", event, r.Note)
				} else if !ok {
					t.Skip("skipped: ", r.Note)
				}
				amounts[event].check(t, func(f func() error, opts ...Option) (Value, error) {
					r, err := Count(list, f, append(opts, Partial())...)
					v, ok := r.Value(event)
					if err == nil && !ok {
						err = &Error{Text: event + " has no value any more"}
					}
					return v, err
				})
			})
		}
	}
}

const perfbench = "cycles,instructions,cache-misses,cache-references,branches,L1-dcache-loads,L1-dcache-load-misses"

// reportHardware: the event's metric is what one operation makes of it.
func reportHardware(event string) func(t *testing.T) {
	return func(t *testing.T) {
		const n = 100000
		a, unit := amounts[event], event+"/op"
		c, err := Open(event)
		need(t, err)
		c.Close()
		work := a.work(n)
		r := benchmark(t, func(b *testing.B) {
			if err := Report(b, Events(perfbench)); err != nil {
				b.Fatal(err)
			}
			for i := 0; i < b.N; i++ {
				work()
			}
		})
		if got, ok := r.Extra[unit]; !ok || got < a.least*n || got > a.most*n {
			t.Errorf("%v %s, not %v to %v: %v", got, unit, a.least*n, a.most*n, r.Extra)
		}
	}
}

// The works of amounts, whether the machine counts what they make or not.
func TestWorks(t *testing.T) {
	for name, work := range map[string]func(n int) func() error{"spin": spin, "guess": guess, "jump": jump} {
		f := work(5000)
		for i := 0; i < 2; i++ {
			if err := f(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	const size = 1 << 18
	next, err := makeChain(size)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= size/line; n++ {
		if (follow(next, n) == 0) != (n == size/line) {
			t.Fatalf("the chain of %d lines is back, or not, after %d steps", size/line, n)
		}
	}
}

// Package set holds the benchmarks whose simulated counts are compared from run to run. Those after
// BenchmarkSub leave garbage or start goroutines; spread.py knows them by name.
package set

import (
	"bytes"
	"compress/gzip"
	"container/heap"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	intSink    int
	textSink   string
	bytesSink  []byte
	anySink    any
	wordSink   uint64
	numbers    = shuffled(1000)
	text       = bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog. "), 200)
	pattern    = regexp.MustCompile(`(\w+) (fox|dog)s? (\w+)`)
	dictionary = words(500)
)

// shuffled returns n numbers in an order that is always the same.
func shuffled(n int) []int {
	out := make([]int, n)
	x := uint32(1)
	for i := range out {
		x = x*1664525 + 1013904223
		out[i] = int(x >> 8)
	}
	return out
}

func words(n int) map[string]int {
	out := make(map[string]int)
	for i := 0; i < n; i++ {
		out["key"+strconv.Itoa(i)] = i
	}
	return out
}

func BenchmarkIntegerLoop(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sum := 0
		for j := 0; j < 1000; j++ {
			sum += j ^ i
		}
		intSink = sum
	}
}

func BenchmarkSort(b *testing.B) {
	data := make([]int, len(numbers))
	for i := 0; i < b.N; i++ {
		copy(data, numbers)
		sort.Ints(data)
	}
}

func BenchmarkSlicesSortFunc(b *testing.B) {
	data := make([]int, len(numbers))
	for i := 0; i < b.N; i++ {
		copy(data, numbers)
		slices.SortFunc(data, func(x, y int) int { return y - x })
	}
}

func BenchmarkMapIterate(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sum := 0
		for _, v := range dictionary {
			sum += v
		}
		intSink = sum
	}
}

func BenchmarkMapLookup(b *testing.B) {
	for i := 0; i < b.N; i++ {
		intSink += dictionary["key17"] + dictionary["key400"] + dictionary["none"]
	}
}

func BenchmarkMapOfInts(b *testing.B) {
	m := make(map[int]int, 1024)
	for i := 0; i < b.N; i++ {
		clear(m)
		for j := 0; j < 500; j++ {
			m[numbers[j]] = j
		}
	}
	intSink = len(m)
}

func BenchmarkAppendFormat(b *testing.B) {
	buf := make([]byte, 0, 64)
	for i := 0; i < b.N; i++ {
		buf = strconv.AppendFloat(buf[:0], 3.14159*float64(i), 'g', -1, 64)
		buf = strconv.AppendInt(buf, int64(i), 10)
	}
	bytesSink = buf
}

func BenchmarkRegexp(b *testing.B) {
	for i := 0; i < b.N; i++ {
		if !pattern.Match(text[:45]) {
			b.Fatal("no match")
		}
	}
}

func BenchmarkSHA256(b *testing.B) {
	b.SetBytes(int64(len(text)))
	for i := 0; i < b.N; i++ {
		sum := sha256.Sum256(text)
		wordSink = binary.LittleEndian.Uint64(sum[:])
	}
}

func BenchmarkBinarySearch(b *testing.B) {
	data := slices.Clone(numbers)
	slices.Sort(data)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		intSink, _ = slices.BinarySearch(data, numbers[i%len(numbers)])
	}
}

type stack[T any] struct{ items []T }

func (s *stack[T]) push(x T) { s.items = append(s.items, x) }

func (s *stack[T]) pop() T {
	x := s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return x
}

func BenchmarkGenericStack(b *testing.B) {
	s := stack[uint64]{items: make([]uint64, 0, 64)}
	for i := 0; i < b.N; i++ {
		for j := 0; j < 50; j++ {
			s.push(uint64(j))
		}
		for j := 0; j < 50; j++ {
			wordSink += s.pop()
		}
	}
}

func BenchmarkClosures(b *testing.B) {
	adders := make([]func(int) int, 8)
	for k := range adders {
		adders[k] = func(x int) int { return x + k }
	}
	for i := 0; i < b.N; i++ {
		x := i
		for _, add := range adders {
			x = add(x)
		}
		intSink = x
	}
}

type shape interface{ area() int }
type square struct{ side int }
type oblong struct{ a, b int }

func (s square) area() int { return s.side * s.side }
func (o oblong) area() int { return o.a * o.b }

func BenchmarkInterfaceCalls(b *testing.B) {
	shapes := []shape{square{3}, oblong{2, 5}, &square{7}, &oblong{1, 9}}
	for i := 0; i < b.N; i++ {
		for _, s := range shapes {
			intSink += s.area()
		}
	}
}

func deferred(x *int) {
	defer func() { *x++ }()
	*x += 2
}

func BenchmarkDefer(b *testing.B) {
	for i := 0; i < b.N; i++ {
		deferred(&intSink)
	}
}

type minHeap []int

func (h minHeap) Len() int           { return len(h) }
func (h minHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h minHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *minHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *minHeap) Pop() any          { panic("not used") }

func BenchmarkHeap(b *testing.B) {
	h := make(minHeap, 256)
	for i := 0; i < b.N; i++ {
		copy(h, numbers[:256])
		heap.Init(&h)
		for j := 0; j < 100; j++ {
			h[0] += 1 << 20
			heap.Fix(&h, 0)
		}
	}
}

func BenchmarkBigMul(b *testing.B) {
	x := new(big.Int).Lsh(big.NewInt(12345), 4000)
	y := new(big.Int).Sub(x, big.NewInt(1))
	z := new(big.Int).Mul(x, y)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		z.Mul(x, y)
	}
}

func BenchmarkStopStart(b *testing.B) {
	data := make([]int, 100)
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		copy(data, numbers)
		b.StartTimer()
		slices.Sort(data)
	}
}

func BenchmarkLoop(b *testing.B) {
	sum := 0
	for b.Loop() {
		for j := 0; j < 100; j++ {
			sum += j
		}
	}
	intSink = sum
}

func BenchmarkSub(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run("n="+strconv.Itoa(n), func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				for j := 0; j < n; j++ {
					intSink ^= j
				}
			}
		})
	}
}

// From here on garbage is left or goroutines are started.

func BenchmarkBuilder(b *testing.B) {
	for i := 0; i < b.N; i++ {
		var s strings.Builder
		for j := 0; j < 100; j++ {
			s.WriteString("word ")
			s.WriteByte('.')
		}
		textSink = s.String()
	}
}

func BenchmarkSprintf(b *testing.B) {
	for i := 0; i < b.N; i++ {
		textSink = fmt.Sprintf("%d: %s is %v, %6.2f", i, "this", [2]bool{true, false}, 1.5)
	}
}

type person struct {
	Name  string            `json:"name"`
	Age   int               `json:"age"`
	Tags  []string          `json:"tags"`
	Extra map[string]string `json:"extra"`
}

func BenchmarkJSON(b *testing.B) {
	in := person{"Ada", 36, []string{"x", "y"}, map[string]string{"a": "1", "b": "2"}}
	for i := 0; i < b.N; i++ {
		var out person
		data, err := json.Marshal(&in)
		if err == nil {
			err = json.Unmarshal(data, &out)
		}
		if err != nil {
			b.Fatal(err)
		}
		intSink += out.Age
	}
}

func BenchmarkGzip(b *testing.B) {
	for i := 0; i < b.N; i++ {
		w := gzip.NewWriter(io.Discard)
		w.Write(text)
		w.Close()
	}
}

type node struct {
	left, right *node
	value       [4]int
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1)}
}

func BenchmarkAllocate(b *testing.B) {
	for i := 0; i < b.N; i++ {
		anySink = tree(10)
	}
}

func BenchmarkRunParallel(b *testing.B) {
	var total atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			sum := 0
			for j := 0; j < 100; j++ {
				sum += j
			}
			total.Add(int64(sum))
		}
	})
}

func BenchmarkChannel(b *testing.B) {
	c := make(chan int)
	done := make(chan bool)
	go func() {
		for x := range c {
			intSink += x
		}
		close(done)
	}()
	for i := 0; i < b.N; i++ {
		c <- i
	}
	close(c)
	<-done
}

func BenchmarkGoroutines(b *testing.B) {
	for i := 0; i < b.N; i++ {
		var wg sync.WaitGroup
		for j := 0; j < 10; j++ {
			wg.Add(1)
			go func() {
				atomic.AddUint64(&wordSink, uint64(j))
				wg.Done()
			}()
		}
		wg.Wait()
	}
}

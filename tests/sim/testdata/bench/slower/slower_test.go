package slower

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
)

var sink any
var count int

// bench runs work, which costs so many instructions, and a thousandth of them more where that is
// asked for: a turn of spin has five.
func bench(b *testing.B, cost int, work func()) {
	for i := 0; i < b.N; i++ {
		work()
		count += spin(perMille * (cost + 4999) / 5000)
	}
}

func numbers(n int) []int {
	out := make([]int, n)
	x := uint32(1)
	for i := range out {
		x = x*1664525 + 1013904223
		out[i] = int(x >> 8)
	}
	return out
}

func BenchmarkLoop(b *testing.B) { bench(b, 40000, func() { count += spin(10000) }) }

func BenchmarkSort(b *testing.B) {
	in := numbers(200)
	data := make([]int, len(in))
	bench(b, 28600, func() { copy(data, in); sort.Ints(data) })
}

func BenchmarkMap(b *testing.B) {
	in := numbers(300)
	m := make(map[int]int, 512)
	bench(b, 33700, func() {
		for i, k := range in {
			m[k] = i
		}
	})
}

func BenchmarkRegexp(b *testing.B) {
	re := regexp.MustCompile(`(\w+) (fox|dog)s? (\w+)`)
	text := bytes.Repeat([]byte("the quick brown fox jumps "), 2)
	bench(b, 12300, func() { re.Match(text) })
}

func BenchmarkSHA256(b *testing.B) {
	text := make([]byte, 1000)
	bench(b, 32400, func() { sum := sha256.Sum256(text); count += int(sum[0]) })
}

func BenchmarkBigMul(b *testing.B) {
	x := new(big.Int).Lsh(big.NewInt(12345), 4000)
	z := new(big.Int).Mul(x, x)
	bench(b, 26800, func() { z.Mul(x, x) })
}

func BenchmarkAppend(b *testing.B) {
	buf := make([]byte, 0, 8192)
	bench(b, 86400, func() {
		buf = buf[:0]
		for i := 0; i < 500; i++ {
			buf = strconv.AppendInt(buf, int64(i*i), 10)
		}
	})
}

func BenchmarkJSON(b *testing.B) {
	in := map[string]any{"name": "Ada", "age": 36, "tags": []string{"x", "y"}}
	bench(b, 8100, func() { sink, _ = json.Marshal(in) })
}

func BenchmarkSprintf(b *testing.B) {
	bench(b, 12900, func() {
		for i := 0; i < 10; i++ {
			sink = fmt.Sprintf("%d is %s", i, "this")
		}
	})
}

func BenchmarkBuilder(b *testing.B) {
	bench(b, 7000, func() {
		var s strings.Builder
		for i := 0; i < 100; i++ {
			s.WriteString("word ")
			s.WriteByte('.')
		}
		sink = s.String()
	})
}

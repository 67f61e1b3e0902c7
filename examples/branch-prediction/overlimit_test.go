package branchprediction

import (
	"math/rand"
	"sort"
	"testing"
)

const (
	requests = 1 << 16 // far more than a branch predictor can learn by heart
	limit    = 500
)

// latencies are spread evenly around the limit, so that a guess is right half of the time.
func latencies() []uint32 {
	rng := rand.New(rand.NewSource(1))
	micros := make([]uint32, requests)
	for i := range micros {
		micros[i] = uint32(rng.Intn(2 * limit))
	}
	return micros
}

func sorted(micros []uint32) []uint32 {
	s := append([]uint32(nil), micros...)
	sort.Slice(s, func(i, k int) bool { return s[i] < s[k] })
	return s
}

func TestVariantsAgree(t *testing.T) {
	inputs := map[string][]uint32{
		"empty":  nil,
		"edges":  {0, limit - 1, limit, limit + 1, 1<<32 - 1},
		"random": latencies(),
		"sorted": sorted(latencies()),
	}
	for name, micros := range inputs {
		for _, limit := range []uint32{0, 1, limit, 1<<32 - 1} {
			var want, branch, branchless Verdict
			for _, m := range micros {
				if int64(m) > int64(limit) {
					want.Slow++
					want.Excess += uint64(int64(m) - int64(limit))
				}
			}
			Branch(&branch, micros, limit)
			Branchless(&branchless, micros, limit)
			if branch != want || branchless != want {
				t.Errorf("%s, limit %d: branch %v, branchless %v, want %v", name, limit, branch, branchless, want)
			}
		}
	}
}

func benchmark(b *testing.B, count func(*Verdict, []uint32, uint32), micros []uint32) {
	var v Verdict
	b.SetBytes(int64(4 * len(micros)))
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		count(&v, micros, limit)
	}
	if v.Slow == 0 {
		b.Fatal("no request was over the limit")
	}
}

func BenchmarkBranch(b *testing.B) {
	random := latencies()
	b.Run("random", func(b *testing.B) { benchmark(b, Branch, random) })
	b.Run("sorted", func(b *testing.B) { benchmark(b, Branch, sorted(random)) })
}

func BenchmarkBranchless(b *testing.B) {
	random := latencies()
	b.Run("random", func(b *testing.B) { benchmark(b, Branchless, random) })
	b.Run("sorted", func(b *testing.B) { benchmark(b, Branchless, sorted(random)) })
}

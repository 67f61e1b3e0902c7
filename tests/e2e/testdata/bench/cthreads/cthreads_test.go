package cthreads

import (
	"testing"

	"perfgo.test/bench/work"
)

func BenchmarkCTurn(b *testing.B) {
	for i := 0; i < b.N; i++ {
		work.Sink += CTurn(2000)
	}
}

func BenchmarkCThreads(b *testing.B) {
	for i := 0; i < b.N; i++ {
		CThreads(3, 2000)
	}
}

func BenchmarkCallbackThreads(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Callbacks(3, 2000)
	}
}

func BenchmarkCallBack(b *testing.B) {
	for i := 0; i < b.N; i++ {
		CallBack(2000)
	}
}

// The processor time of Go code on C's threads is the process's own account of it. A thread's work is
// long beside its coming and going, which is not all counted.
func BenchmarkCallbackCPU(b *testing.B) {
	b.ResetTimer()
	before := work.ProcessUsage()
	for i := 0; i < b.N; i++ {
		Callbacks(3, 8000000)
	}
	used := work.ProcessUsage().Minus(before)
	b.ReportMetric(float64(used.CPU.Nanoseconds())/float64(b.N), "process-ns/op")
}

func BenchmarkInParallel(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			CallBack(2000)
		}
	})
}

// Package faults touches pages for the first time: each is one page fault, at a known line.
package faults

import (
	"syscall"
	"testing"
)

const pages = 2000

// The machine's pages may be larger.
var size = syscall.Getpagesize()

func fresh(b *testing.B, n int) []byte {
	m, err := syscall.Mmap(-1, 0, n*pages*size, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		b.Fatal(err)
	}
	// No huge pages: one fault would bring 512 of them.
	if err := syscall.Madvise(m, 15); err != nil {
		b.Fatal(err)
	}
	return m
}

//go:noinline
func touch(m []byte) {
	for i := 0; i < len(m); i += size {
		m[i] = 1
	}
}

//go:noinline
func outsideTouch(m []byte) {
	for i := 0; i < len(m); i += size {
		m[i] = 1
	}
}

func BenchmarkTouch(b *testing.B) {
	for i := 0; i < b.N; i++ {
		b.StopTimer()
		m, other := fresh(b, 1), fresh(b, 1)
		outsideTouch(other)
		b.StartTimer()
		touch(m)
		b.StopTimer()
		syscall.Munmap(m)
		syscall.Munmap(other)
		b.StartTimer()
	}
}

// BenchmarkAtOnce has one window, and nothing faults outside of it.
func BenchmarkAtOnce(b *testing.B) {
	m := fresh(b, b.N)
	b.ResetTimer()
	touch(m)
	b.StopTimer()
	syscall.Munmap(m)
}

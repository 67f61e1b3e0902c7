// Command faults touches as many fresh pages as its argument says, from calls of several depths: each
// is a page fault, and a sample for `perf record -e page-faults -c 1`.
package main

import (
	"os"
	"strconv"
	"syscall"
)

const (
	page  = 4096
	chunk = 16 << 20
)

//go:noinline
func touch(mem []byte, i int) byte {
	mem[i*page] = 1
	return mem[i*page]
}

//go:noinline
func left(mem []byte, i, depth int) byte {
	if depth == 0 {
		return touch(mem, i)
	}
	return right(mem, i, depth-1) + 1
}

//go:noinline
func right(mem []byte, i, depth int) byte {
	if depth == 0 {
		return touch(mem, i)
	}
	if i&(1<<(depth%8)) != 0 {
		return right(mem, i, depth-1) + 2
	}
	return left(mem, i, depth-1) + 3
}

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	for done := 0; done < n; done += chunk / page {
		mem, err := syscall.Mmap(-1, 0, chunk, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			panic(err)
		}
		syscall.Madvise(mem, syscall.MADV_NOHUGEPAGE)
		for i := 0; i < chunk/page && done+i < n; i++ {
			left(mem, i, 4+i%12)
		}
		syscall.Munmap(mem)
	}
}

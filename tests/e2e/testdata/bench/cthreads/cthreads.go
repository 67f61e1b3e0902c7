// Package cthreads runs threads that C created: some never see Go, some call back into it.
package cthreads

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

extern void goCallback(int);

static uint64_t c_turn(uint64_t n)
{
	volatile uint64_t x = n;
	for (uint64_t i = 0; i < n; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return x;
}

static void *run_c(void *n)
{
	c_turn((uint64_t)(uintptr_t)n);
	return NULL;
}

static void *run_back(void *n)
{
	for (int i = 0; i < 3; i++)
		goCallback((int)(intptr_t)n);
	return NULL;
}

static void threads(int count, int back, uint64_t n)
{
	pthread_t t[16];
	int started = 0;
	for (int i = 0; i < count && i < 16; i++)
		if (pthread_create(&t[started], NULL, back ? run_back : run_c, (void *)(uintptr_t)n) == 0)
			started++;
	for (int i = 0; i < started; i++)
		pthread_join(t[i], NULL);
}

static void call_back(int n) { goCallback(n); }
*/
import "C"

import "perfgo.test/bench/work"

//export goCallback
func goCallback(n C.int) { work.Turn(int(n)) }

// CTurn works in C on the calling thread.
func CTurn(n int) uint64 { return uint64(C.c_turn(C.uint64_t(n))) }

// CThreads works on threads of C's that never enter Go.
func CThreads(count, n int) { C.threads(C.int(count), 0, C.uint64_t(n)) }

// Callbacks works in Go, on threads that C created.
func Callbacks(count, n int) { C.threads(C.int(count), 1, C.uint64_t(n)) }

// CallBack goes from Go through C to Go, on one thread.
func CallBack(n int) { C.call_back(C.int(n)) }

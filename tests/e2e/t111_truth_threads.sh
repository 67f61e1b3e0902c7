#!/usr/bin/env bash
# timeout: 400
# All threads are counted: of the processor time that getrusage saw in the window, at least 99 %.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/rounds.sh"

threads='RunParallel|RunParallelMany|Children|Sleepers|Garbage'
truth static exec threads "$threads" -benchtime=40x -count=5 -cpu=1,2 ./truth
truth external preload threads 'RunParallel|Children|Sleepers' -ldflags=-linkmode=external -benchtime=40x -count=5 -cpu=2 ./truth
truth ending exec ending-threads ThreadsThatEnd -benchtime=5x -count=5 -cpu=2 ./truth
if [ "$(go env CGO_ENABLED)" = 1 ]; then
    truth callbacks preload callbacks CallbackCPU -benchtime=5x -count=5 -cpu=2 ./cthreads
else
    skip callbacks "cgo is switched off"
fi
finish

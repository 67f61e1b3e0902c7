#!/usr/bin/env bash
# Page faults to the page, context switches to the switch, on the benchmark's thread and on others.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/rounds.sh"

counters='PageFaults|PageFaultsOneWindow|PageFaultsElsewhere|ContextSwitches'
truth static exec counters "$counters" -benchtime=30x -count=5 -cpu=1,2 ./truth
truth external preload counters "$counters" -ldflags=-linkmode=external -benchtime=30x -count=5 -cpu=2 ./truth
finish

#!/usr/bin/env bash
# timeout: 400
# What is not timed is not counted: set-up of a hundred times the work, by Stop/StartTimer,
# ResetTimer and b.Loop; and a window costs next to nothing.
. "$(dirname "$0")/bench.sh"
. "$(dirname "$0")/rounds.sh"

windows='Windows100us|Windows10us|Windows1us|WindowsEmpty'
setup='SetupResetTimer|SetupResetWhileStopped|SetupStopped|SetupAfterwards'
truth windows exec windows "$windows" -benchtime=30x -count=9 -cpu=1,2 ./truth
truth setup exec setup "$setup" -benchtime=100x -count=5 -cpu=1,2 ./truth
truth windows-external preload windows 'Windows10us|Windows1us' -ldflags=-linkmode=external -benchtime=100x -count=5 -cpu=1 ./truth
# Here reading costs most, so this fails when perfgo's own share is not taken off.
PERFGO_BACKEND=timer truth windows-timer exec windows WindowsEmpty -benchtime=30x -count=9 -cpu=1 ./truth
truth once exec once EmptyOnce -benchtime=1x -count=15 -cpu=1,2 ./truth
if (cd "$BENCH" && go list -f '{{.TestGoFiles}}' ./truth | grep -q loop_test); then
    truth loop-windows exec loop-windows LoopWindows10us -benchtime=100x -count=5 -cpu=1,2 ./truth
    truth loop-setup exec loop-setup 'SetupLoop|LoopAfterwards' -benchtime=100x -count=5 -cpu=1,2 ./truth
    truth empty exec empty EmptyLoop -benchtime=5ms -count=15 -cpu=1,2 ./truth
else
    skip loop "this Go has no b.Loop (1.24 and later)"
fi
finish

# make gohook-e2e: all tests with real Go programs, with an import of gohook instead of LD_PRELOAD.
gohook-e2e: all
	tests/gohook/e2e.sh
.PHONY: gohook-e2e

# make test, asan, tsan, lint: packages first, then the runner, which builds in a make of its own
# because pkg-config, protoc-c and the compilers may have arrived a moment ago.
RUN_TESTS := MAKE='$(MAKE)' tests/run.sh

test: test-deps
	@$(RUN_TESTS)

asan tsan lint: deps
	@$(RUN_TESTS) $@

# make test-pmu: the tests in the emulated machine with a PMU, see tests/pmu/README.md.
test-pmu: deps
	@$(RUN_TESTS) pmu

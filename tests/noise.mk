# The gate on wall time, on this machine as noisy as it is: minutes, so not part of make test.
test-noise: deps all
	@tests/noise/run.sh $(PAIRS)
.PHONY: test-noise

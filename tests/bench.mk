# make bench: what perfgo costs, as ratios in one run, each beside its goal. BENCH="40-preload 50-resident"
# chooses topics by their scripts in tests/bench (t40-preload.sh is 40-preload); REPEATS=21 is slower
# and steadier.
BENCH ?=

bench: deps
	@$(MAKE) --no-print-directory all
	@tests/bench/run.sh $(BENCH)

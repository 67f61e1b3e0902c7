# make demo: like make test it builds in a make of its own, after the packages have arrived.
demo: deps
	@$(MAKE) --no-print-directory all
	@tests/demo.sh

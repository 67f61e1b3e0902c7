# The checks of tests/lint link what the Makefile builds; this is how they learn with what.
print-engine-libs:
	@echo $(ENGINE_LIBS)
.PHONY: print-engine-libs

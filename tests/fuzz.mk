# make fuzz: every tests/fuzz/fuzz_<name>.c against the engine for FUZZ_SECONDS each. A target starts
# from tests/fuzz/corpus/<name>/ and from what tests/fuzz/seed_<name>.sh makes, when they exist.
FUZZ_SECONDS ?= 60
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=$(OUT)/fuzz/%)

fuzz: deps
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(RUN_TESTS) fuzz

# With KIND=fuzz only: libFuzzer brings main().
$(OUT)/fuzz/%: $(OBJ)/tests/fuzz/%.o $(LIBENGINE)
	@mkdir -p $(@D)
	$(CC) -fsanitize=fuzzer -o $@ $< $(LIBENGINE) $(LDFLAGS) $(ENGINE_LIBS)

fuzz-build: $(FUZZ_BIN)
.PHONY: fuzz-build

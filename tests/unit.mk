# Unit tests: one cmocka program per tests/unit/test_<module>.c, linked with the engine archive.
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/tests/%)

$(OUT)/tests/%: $(OBJ)/tests/unit/%.o $(LIBENGINE)
	@mkdir -p $(@D)
	$(CC) -o $@ $< $(LIBENGINE) $(LDFLAGS) $(ENGINE_LIBS) -lcmocka

unit-build: $(UNIT_BIN)
.PHONY: unit-build
.SECONDARY:

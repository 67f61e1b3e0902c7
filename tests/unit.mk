# Unit tests: one cmocka program per tests/unit/test_<module>.c, linked with the engine archive.
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/tests/%)

$(OUT)/tests/%: $(OBJ)/tests/unit/%.o $(LIBENGINE)
	@mkdir -p $(@D)
	$(CC) -o $@ $< $(LIBENGINE) $(LDFLAGS) $(ENGINE_LIBS) -lcmocka

# The agent's windows run on any thread; here on the test's own.
$(OUT)/tests/test_windows $(OUT)/tests/test_windows_short: $(OUT)/tests/%: $(OBJ)/tests/unit/%.o $(OBJ)/preload/agent/windows.o $(OBJ)/preload/agent/samplers.o $(OBJ)/preload/agent/arch/$(ARCH)/self.o $(LIBENGINE)
	@mkdir -p $(@D)
	$(CC) -o $@ $(filter %.o,$^) $(LIBENGINE) $(LDFLAGS) $(ENGINE_LIBS) -lcmocka -pthread

unit-build: $(UNIT_BIN)
.PHONY: unit-build
.SECONDARY:

# Unit tests of the command line: tests/unit/test_cli_<topic>.c, linked with everything of cli/ but
# main.c, and with the engine.
CLI_TEST_OBJ := $(filter-out $(OBJ)/cli/main.o,$(CLI_OBJ))

$(OUT)/tests/test_cli_%: $(OBJ)/tests/unit/test_cli_%.o $(CLI_TEST_OBJ) $(LIBENGINE)
	@mkdir -p $(@D)
	$(CC) -o $@ $< $(CLI_TEST_OBJ) $(LIBENGINE) $(LDFLAGS) $(ENGINE_LIBS) $(CLI_LIBS) -lcmocka

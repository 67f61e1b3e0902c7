# What the tests of pages in a browser are made of: a profile that means harm, and the program that drives Chromium.
HTML_TESTS := $(OUT)/tests/hostile $(OUT)/tests/browser

$(OUT)/tests/hostile: $(OBJ)/tests/html/hostile.o $(LIBENGINE)
	@mkdir -p $(@D)
	$(CC) -o $@ $< $(LIBENGINE) $(LDFLAGS) $(ENGINE_LIBS)

$(OUT)/tests/browser: $(wildcard tests/html/browser/*)
	@mkdir -p $(@D)
	cd tests/html/browser && go build -buildvcs=false -o $(CURDIR)/$@ .

html-build: $(HTML_TESTS)
.PHONY: html-build

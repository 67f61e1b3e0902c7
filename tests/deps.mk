# make deps: installs the Debian packages that are missing, and only those. With ARCH=arm64 on another
# machine: the libraries of that architecture too, into build/cross/arm64.
deps:
	@tests/setup/deps.sh
	@$(if $(CROSS),tests/setup/cross.sh $(CROSS))

# The tests open pages in a browser.
test-deps: deps
	@tests/setup/deps.sh --browser
.PHONY: test-deps

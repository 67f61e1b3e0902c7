# make deps: installs the Debian packages that are missing, and only those.
deps:
	@tests/setup/deps.sh

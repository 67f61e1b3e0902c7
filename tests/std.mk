# make test-std: the standard library's own tests with and without perfgo, compared test by test.
# STD_PKGS="os net/http" chooses packages; STD_SHORT=1 takes the short list.
STD_PKGS  ?=
STD_SHORT ?=

test-std: deps
	@$(MAKE) --no-print-directory all
	@tests/std/run.sh $(if $(STD_SHORT),--short) $(STD_PKGS)

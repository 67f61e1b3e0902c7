# make matrix: every supported Go version times every kind of binary, with a table at the end.
# MATRIX=short takes three versions and four kinds, as make test does. Go versions that are missing
# are fetched by the go command, where it may.
matrix: deps
	@$(MAKE) --no-print-directory all
	@tests/matrix/run.sh $(if $(filter short,$(MATRIX)),--short)

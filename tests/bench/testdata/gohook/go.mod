module perfgo.test/gohookbench

go 1.21

require (
	example.com/perfgo/gohook v0.0.0
	github.com/aclements/go-perfevent v0.0.0-20240301234650-f7843625020f
	github.com/hodgesds/perf-utils v0.7.0
	golang.org/x/sys v0.17.0
)

require (
	go.uber.org/atomic v1.7.0 // indirect
	go.uber.org/multierr v1.6.0 // indirect
)

replace example.com/perfgo/gohook => ../../../../gohook

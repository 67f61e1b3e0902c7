module perfgo.test/gohook

go 1.18

require (
	example.com/perfgo/gohook v0.0.0
	perfgo.test/exact v0.0.0
)

replace (
	example.com/perfgo/gohook => ../../../../gohook
	perfgo.test/exact => ../exact
)

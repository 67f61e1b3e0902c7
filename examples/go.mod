module example.com/perfgo/examples

go 1.18

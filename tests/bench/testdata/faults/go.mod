module example.com/perfgo/faults

go 1.18

module example.com/perfgo/gohook

go 1.18

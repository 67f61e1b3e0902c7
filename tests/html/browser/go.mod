module example.com/perfgo/tests/html/browser

go 1.21

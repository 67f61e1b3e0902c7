module perfgo.test/std

go 1.21

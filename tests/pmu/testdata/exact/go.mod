module perfgo.test/exact

go 1.18

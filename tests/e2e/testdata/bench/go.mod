module perfgo.test/bench

go 1.18

module perfgo.test/judge

go 1.18

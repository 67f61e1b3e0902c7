module perfgo.test/shares

go 1.18

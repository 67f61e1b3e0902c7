package datalocality

import (
	"math/rand"
	"testing"
	"unsafe"
)

const (
	orderCount = 1 << 18 // 32 MiB as structs, 3 MiB as the two arrays
	side       = 2048    // 16 MiB
)

func makeOrders(n int) []Order {
	rng := rand.New(rand.NewSource(1))
	orders := make([]Order, n)
	for i := range orders {
		orders[i].ID = uint64(i)
		orders[i].PriceCents = rng.Int63n(100000)
		orders[i].Quantity = rng.Int31n(20)
	}
	return orders
}

func makeGrid(rows, columns int) *Grid {
	rng := rand.New(rand.NewSource(2))
	g := &Grid{Rows: rows, Columns: columns, Cell: make([]int32, rows*columns)}
	for i := range g.Cell {
		g.Cell[i] = rng.Int31() - 1<<30
	}
	return g
}

func TestOrderIsTwoCacheLines(t *testing.T) {
	if size := unsafe.Sizeof(Order{}); size != 128 {
		t.Errorf("an Order has %d bytes, the benchmark's arithmetic assumes 128", size)
	}
}

func TestVariantsAgree(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		orders := makeOrders(n)
		if a, b := RevenueOfStructs(orders), NewTable(orders).Revenue(); a != b {
			t.Errorf("%d orders: revenue %d of structs, %d of arrays", n, a, b)
		}
	}
	if RevenueOfStructs([]Order{{PriceCents: 5, Quantity: 3}, {PriceCents: 7, Quantity: 2}}) != 29 {
		t.Error("5*3 + 7*2 is not 29")
	}
	for _, g := range []*Grid{makeGrid(0, 0), makeGrid(1, 7), makeGrid(31, 17)} {
		if a, b := g.SumByRow(), g.SumByColumn(); a != b {
			t.Errorf("%dx%d: %d by row, %d by column", g.Rows, g.Columns, a, b)
		}
	}
	if (&Grid{Rows: 2, Columns: 2, Cell: []int32{1, 2, 3, 4}}).SumByColumn() != 10 {
		t.Error("1 + 2 + 3 + 4 is not 10")
	}
}

// sink keeps results alive, so that no variant can be optimised away.
var sink int64

func BenchmarkRevenue(b *testing.B) {
	orders := makeOrders(orderCount)
	table := NewTable(orders)
	b.Run("structs", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			sink += RevenueOfStructs(orders)
		}
	})
	b.Run("arrays", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			sink += table.Revenue()
		}
	})
}

func BenchmarkGrid(b *testing.B) {
	grid := makeGrid(side, side)
	b.Run("by-row", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			sink += grid.SumByRow()
		}
	})
	b.Run("by-column", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			sink += grid.SumByColumn()
		}
	})
}

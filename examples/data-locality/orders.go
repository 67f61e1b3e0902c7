// Package datalocality adds up the same numbers in different memory layouts. Memory arrives in cache
// lines of 64 bytes (128 on some processors): a layout is good when all of a line is used.
package datalocality

// Order is a record as an application would declare it, two cache lines long. Adding up revenue
// needs 12 of its bytes.
type Order struct {
	ID         uint64
	Customer   uint64
	Created    int64
	Shipped    int64
	PriceCents int64
	Quantity   int32
	Status     int32
	Currency   [8]byte
	Address    [56]byte
	Discount   int64
	Warehouse  int64
}

// Table holds the fields of many orders that revenue needs, each in an array of its own.
type Table struct {
	PriceCents []int64
	Quantity   []int32
}

// NewTable takes what revenue needs out of orders.
func NewTable(orders []Order) *Table {
	t := &Table{
		PriceCents: make([]int64, len(orders)),
		Quantity:   make([]int32, len(orders)),
	}
	for i := range orders {
		t.PriceCents[i] = orders[i].PriceCents
		t.Quantity[i] = orders[i].Quantity
	}
	return t
}

// RevenueOfStructs walks an array of structs.
func RevenueOfStructs(orders []Order) int64 {
	var sum int64
	for i := range orders {
		sum += orders[i].PriceCents * int64(orders[i].Quantity)
	}
	return sum
}

// Revenue walks two arrays.
func (t *Table) Revenue() int64 {
	var sum int64
	quantity := t.Quantity[:len(t.PriceCents)]
	for i, price := range t.PriceCents {
		sum += price * int64(quantity[i])
	}
	return sum
}

// Grid is a matrix in one piece of memory, row after row.
type Grid struct {
	Rows, Columns int
	Cell          []int32
}

// SumByRow visits neighbours in memory one after the other.
func (g *Grid) SumByRow() int64 {
	return sum(g.Cell, g.Rows, g.Columns, g.Columns, 1)
}

// SumByColumn jumps a whole row with every step.
func (g *Grid) SumByColumn() int64 {
	return sum(g.Cell, g.Columns, g.Rows, 1, g.Columns)
}

// sum adds up n lines of m cells; line steps from one line to the next, step from one cell to the next.
func sum(cell []int32, n, m, line, step int) int64 {
	var total int64
	for i := 0; i < n; i++ {
		at := i * line
		for k := m; k > 0; k-- {
			total += int64(cell[at])
			at += step
		}
	}
	return total
}

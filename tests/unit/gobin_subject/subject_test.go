// Package subject is read by the gobin tests: it prints its own truth by reflection.
package subject

import (
	"fmt"
	"reflect"
	"testing"
)

type inner struct {
	A, B int32
	c    string
}

type deep struct{ inner }

// Outer has promoted fields at two depths, one of them hidden by a shallower one.
type Outer struct {
	x byte
	deep
	P *int
	c bool
	F [3]uint16
}

var outer = Outer{}

func BenchmarkSprint(b *testing.B) {
	for i := 0; i < b.N; i++ {
		_ = fmt.Sprint(i, outer.x, outer.c)
	}
}

// TestLayout prints "field TYPE PATH OFFSET SIZE KIND" lines.
func TestLayout(t *testing.T) {
	layout(reflect.TypeOf(testing.B{}), "testing.B", "", 0)
	layout(reflect.TypeOf(Outer{}), "example.com/subject.Outer", "", 0)
	for _, name := range []string{"x", "A", "B", "c", "P", "F"} {
		f, _ := reflect.TypeOf(outer).FieldByName(name)
		offset := f.Offset
		if len(f.Index) > 1 { // FieldByName gives the offset within the innermost struct
			offset = reflect.TypeOf(outer).Field(1).Offset + f.Offset
		}
		fmt.Printf("field subject.Outer %s %d %d %d\n", name, offset, f.Type.Size(), f.Type.Kind())
	}
}

func layout(t reflect.Type, name, path string, offset uintptr) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		if f.Name == "_" {
			continue
		}
		fmt.Printf("field %s %s%s %d %d %d\n", name, path, f.Name, offset+f.Offset, f.Type.Size(),
			f.Type.Kind())
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			layout(f.Type, name, path+f.Name+".", offset+f.Offset)
		}
	}
}

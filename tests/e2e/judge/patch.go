package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"os"
	"strconv"
)

// patch replaces every occurrence of one byte string by another of the same length; both in Go's
// notation without quotes ("\x0a*testing.B").
func patch(args []string) int {
	if len(args) != 4 {
		fatal(fmt.Errorf("patch IN OUT OLD NEW"))
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		fatal(err)
	}
	var text [2][]byte
	for i, s := range args[2:] {
		u, err := strconv.Unquote(`"` + s + `"`)
		if err != nil {
			fatal(fmt.Errorf("%s: %v", s, err))
		}
		text[i] = []byte(u)
	}
	if len(text[0]) != len(text[1]) {
		fatal(fmt.Errorf("%s and %s differ in length", args[2], args[3]))
	}
	if !bytes.Contains(data, text[0]) {
		fatal(fmt.Errorf("%s has no %s", args[0], args[2]))
	}
	if err := os.WriteFile(args[1], bytes.ReplaceAll(data, text[0], text[1]), 0o755); err != nil {
		fatal(err)
	}
	return 0
}

// mangle makes a hostile ELF file of a good one: one to three lies in its headers, or an end that
// comes too soon. The same seed gives the same file. The entry point stays: what must not go wrong
// is reading, not jumping.
func mangle(args []string) int {
	if len(args) != 3 {
		fatal(fmt.Errorf("mangle IN OUT SEED"))
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		fatal(err)
	}
	seed, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		fatal(err)
	}
	r := rand.New(rand.NewSource(seed))
	for n := 1 + r.Intn(3); n > 0; n-- {
		data = lie(r, data)
	}
	if err := os.WriteFile(args[1], data, 0o755); err != nil {
		fatal(err)
	}
	return 0
}

// Offsets and sizes of what readers trust. (System V ABI, ELF-64)
var headerFields = [][2]int{
	{16, 2}, {18, 2}, {20, 4}, {32, 8}, {40, 8}, {48, 4}, {52, 2}, {54, 2}, {56, 2}, {58, 2}, {60, 2}, {62, 2}, {4, 1}, {5, 1},
}
var segmentFields = [][2]int{{0, 4}, {4, 4}, {8, 8}, {16, 8}, {24, 8}, {32, 8}, {40, 8}, {48, 8}}

func lie(r *rand.Rand, data []byte) []byte {
	if len(data) < 4096 {
		return data
	}
	size := uint64(len(data))
	values := []uint64{0, 1, ^uint64(0), 1 << 63, 1<<63 - 1, size, size - 1, size + 1, size / 2, ^uint64(0) - 4095, 7, 0xffff, r.Uint64()}
	phoff := binary.LittleEndian.Uint64(data[32:])
	segments := int(binary.LittleEndian.Uint16(data[56:]))
	var offset uint64
	var field [2]int
	switch k := r.Intn(10); {
	case k == 0:
		return data[:r.Intn(len(data))]
	case k == 1:
		return data[:r.Intn(4096)]
	case k < 5:
		field = headerFields[r.Intn(len(headerFields))]
		offset = uint64(field[0])
	default:
		if segments == 0 || phoff > size-4096 {
			return data
		}
		field = segmentFields[r.Intn(len(segmentFields))]
		offset = phoff + uint64(r.Intn(segments))*56 + uint64(field[0])
	}
	if offset+8 > size {
		return data
	}
	var v [8]byte
	binary.LittleEndian.PutUint64(v[:], values[r.Intn(len(values))])
	copy(data[offset:], v[:field[1]])
	return data
}

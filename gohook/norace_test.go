//go:build !race

package gohook

const raceEnabled = false

//go:build cgo && linux && (amd64 || arm64) && !perfgo_pkgconfig

package gohook

// #cgo LDFLAGS: -L${SRCDIR}/../build/lib -Wl,-rpath,${SRCDIR}/../build/lib -lperfgo
import "C"

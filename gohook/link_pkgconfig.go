//go:build cgo && linux && (amd64 || arm64) && perfgo_pkgconfig

package gohook

// #cgo pkg-config: perfgo
import "C"

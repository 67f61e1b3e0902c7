//go:build slower

package slower

const perMille = 1

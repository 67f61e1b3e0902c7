// Command cgo does nothing but say how much memory a process has that uses cgo.
package main

import (
	"fmt"
	"os"
	"regexp"
)

// static int nothing(void) { return 0; }
import "C"

var _ = C.nothing()

func main() {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, m := range regexp.MustCompile(`(RssAnon|Threads):\s*(\d+)`).FindAllSubmatch(status, -1) {
		fmt.Printf("%s %s ", m[1], m[2])
	}
	fmt.Println()
}

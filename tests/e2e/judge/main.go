// Command judge compares what go test printed with what perfgo recorded.
//
//	judge lines [flags] OUTPUT RECORDS...   every benchmark line has metrics and exactly one record
//	judge plain [flags] OUTPUT              the names of the benchmark lines, one per line
//	judge truth RECORDS...                  the records agree with what benchmarks measured themselves
//	judge patch IN OUT OLD NEW              a binary with one byte string replaced by another
//	judge mangle IN OUT SEED                an ELF file with lies in its headers
//
// RECORDS are benchmarks.jsonl files. Exit status 1 and one sentence per finding when something is
// wrong; truth prints the lines of the test protocol itself.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: judge lines|plain|truth|patch|mangle ...")
		os.Exit(2)
	}
	switch os.Args[1] {
	case "lines":
		os.Exit(lines(os.Args[2:]))
	case "plain":
		os.Exit(plain(os.Args[2:]))
	case "patch":
		os.Exit(patch(os.Args[2:]))
	case "mangle":
		os.Exit(mangle(os.Args[2:]))
	case "truth":
		os.Exit(truth(os.Args[2:]))
	}
	fmt.Fprintf(os.Stderr, "judge: no such command: %s\n", os.Args[1])
	os.Exit(2)
}

// findings collects what is wrong.
type findings struct{ list []string }

func (f *findings) add(format string, args ...interface{}) {
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

func (f *findings) status() int {
	const shown = 30
	for i, s := range f.list {
		if i == shown {
			fmt.Printf("judge: and %d more\n", len(f.list)-shown)
			break
		}
		fmt.Println("judge:", s)
	}
	if len(f.list) > 0 {
		return 1
	}
	return 0
}

func fatal(err error) {
	fmt.Println("judge:", err)
	os.Exit(2)
}

func plain(args []string) int {
	flags := flag.NewFlagSet("plain", flag.ExitOnError)
	asJSON := flags.Bool("json", false, "the output is that of go test -json")
	flags.Parse(args)
	out, err := readOutput(flags.Arg(0), *asJSON)
	if err != nil {
		fatal(err)
	}
	for _, l := range out {
		fmt.Println(l.pkg, l.printed, l.n)
	}
	return 0
}

func lines(args []string) int {
	flags := flag.NewFlagSet("lines", flag.ExitOnError)
	j := linesJudge{}
	var cpu, require string
	asJSON := flags.Bool("json", false, "the output is that of go test -json")
	baseline := flags.String("baseline", "", "output of the same go test without perfgo: the same lines must come, in the same order")
	flags.StringVar(&cpu, "cpu", "", "the procs that may occur (the -cpu list)")
	flags.StringVar(&require, "require", "task-clock", "metrics that every record must have")
	flags.IntVar(&j.minimum, "min", 1, "at least so many benchmark lines")
	flags.BoolVar(&j.noInline, "no-inline", false, "the lines are Go's own")
	noEmpty := flags.Bool("no-empty", false, "leave lines with N = 0 alone: a panic may come before or behind them")
	flags.BoolVar(&j.sameN, "same-n", true, "with -baseline: N must be the same")
	flags.Parse(args)
	j.require = strings.Split(require, ",")
	for _, s := range strings.Split(cpu, ",") {
		if n, err := strconv.Atoi(s); err == nil {
			j.procs = append(j.procs, n)
		}
	}
	var err error
	if j.out, err = readOutput(flags.Arg(0), *asJSON); err != nil {
		fatal(err)
	}
	if *baseline != "" {
		if j.base, err = readOutput(*baseline, *asJSON); err != nil {
			fatal(err)
		}
		j.hasBase = true
	}
	for _, path := range flags.Args()[1:] {
		r, bad := readRecords(path)
		j.records = append(j.records, r...)
		j.list = append(j.list, bad...)
	}
	if *noEmpty {
		j.dropEmpty()
	}
	j.judge()
	return j.status()
}

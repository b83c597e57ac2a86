package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
)

// spans returns how many spans a core takes in a second, from a request of OTLP to the
// ledger on the disk, as the benchmark of source/otlp measures it.
func spans() (float64, error) {
	cmd := exec.Command("go", "test", "./source/otlp", "-run", "^$", "-bench", "ToLedger", "-benchtime", "600x")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("bench spans: %w\n%s", err, out)
	}
	m := regexp.MustCompile(`([0-9.e+]+) spans/core-s`).FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("bench spans: no figure in %q", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

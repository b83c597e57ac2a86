module github.com/honderd/honderd/bench/felt

go 1.26.0

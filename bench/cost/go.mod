module github.com/honderd/honderd/bench/cost

go 1.26.0

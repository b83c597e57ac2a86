//go:build !unix

package main

// onReopen does nothing where there is no such signal: a renamed log is found all the same.
func onReopen(func()) (end func()) { return func() {} }

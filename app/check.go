package app

import (
	"errors"

	"github.com/honderd/honderd/internal/logfile"
	"github.com/honderd/honderd/source/accesslog"
)

// CheckFormat returns what is wrong with the format of a log, nil for nothing.
func CheckFormat(format string) error {
	return accesslog.Options{Format: format}.Validate()
}

// CheckLabel returns what is wrong with a label and its field of a log, nil for nothing.
func CheckLabel(name, field string) error {
	return accesslog.Options{Labels: []accesslog.LabelField{{Name: name, Field: field}}}.Validate()
}

// CheckLog returns why the log at path cannot be read, nil when it can.
func CheckLog(path string) error {
	f, err := logfile.Open(path, nil)
	if err != nil {
		return err
	}
	return errors.Join(f.Close())
}

package archive

import "os"

func makeTemp() (string, error) { return os.MkdirTemp("", "archive") }

func removeAll(dir string) { _ = os.RemoveAll(dir) }

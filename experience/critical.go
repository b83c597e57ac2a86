package experience

import (
	"fmt"
	"strings"
)

// IsCritical reports whether a step is one that its journey cannot do without. urlPath
// has no query; that of a step, with :id in it, does as well.
func (r *Rules) IsCritical(method, urlPath string) bool {
	for _, step := range r.Critical {
		of, path := splitStep(step)
		if (of == "" || of == method) && below(urlPath, path) {
			return true
		}
	}
	return false
}

// splitStep takes a critical step apart; method is "" when it is any.
func splitStep(step string) (method, path string) {
	if method, path, found := strings.Cut(step, " "); found {
		return method, path
	}
	return "", step
}

// below reports whether urlPath is root, or lies below it.
func below(urlPath, root string) bool {
	for {
		want, more := nextPlace(root)
		if want == "" {
			return true
		}
		var is string
		if is, urlPath = nextPlace(urlPath); is == "" || is != want && want[0] != ':' {
			return false
		}
		root = more
	}
}

// nextPlace cuts the first part from a path, "" at its end. A slash too many makes no
// difference.
func nextPlace(path string) (part, rest string) {
	path = strings.TrimLeft(path, "/")
	if slash := strings.IndexByte(path, '/'); slash >= 0 {
		return path[:slash], path[slash:]
	}
	return path, ""
}

// checkCritical reports what is wrong with a critical step, with the way out.
func checkCritical(step string) error {
	method, path := splitStep(step)
	bare := strings.TrimSpace(path)
	if _, rest, found := strings.Cut(bare, "://"); found { // a whole address
		_, bare, _ = strings.Cut(rest, "/")
		bare = "/" + bare
	}
	bare = strings.TrimRight(strings.TrimRight(bare, "*"), "/")
	if end := strings.IndexAny(bare, "?#;"); end >= 0 {
		bare = bare[:end]
	}
	if !strings.HasPrefix(bare, "/") {
		bare = "/" + bare
	}
	meant := strings.TrimSpace(strings.ToUpper(method) + " " + bare)
	switch {
	case strings.TrimSpace(step) == "":
		return fmt.Errorf("critical step %q: says nothing (fix: write /pay or POST /checkout)", step)
	case strings.ContainsAny(bare, "* \t"):
		return fmt.Errorf("critical step %q: is not a path, or a method and a path (fix: write /pay or POST /checkout, and :id for what is another each time)", step)
	case !isMethod(method) && isMethod(strings.ToUpper(method)):
		return fmt.Errorf("critical step %q: a method is in capitals (fix: write %s)", step, meant)
	case !isMethod(method):
		return fmt.Errorf("critical step %q: %q is not a method (fix: write %s, or POST %s)", step, method, bare, bare)
	case !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#;*"):
		return fmt.Errorf("critical step %q: is more or less than a path (fix: write %s, which stands for all below it too)", step, meant)
	}
	return nil
}

// isMethod reports whether word can be the method of a request, or is none at all.
func isMethod(word string) bool {
	return strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == ""
}

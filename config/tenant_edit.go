package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// AddTenant returns the text of a configuration with one more tenant in it; everything else
// stays as somebody wrote it.
func AddTenant(text string, t Tenant) (string, error) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	from, to, indent, err := tenantLines(lines)
	if err != nil {
		return "", err
	}
	hosts := make([]string, len(t.Hosts))
	for i, h := range t.Hosts {
		hosts[i] = fmt.Sprintf("%q", h)
	}
	entry := []string{
		fmt.Sprintf("%s- name: %q", indent, t.Name),
		fmt.Sprintf("%s  hosts: [%s]", indent, strings.Join(hosts, ", ")),
		fmt.Sprintf("%s  config: %q", indent, t.Config),
	}
	if from < 0 {
		lines, to = append(lines, "tenants:"), len(lines)+1
	}
	return strings.Join(slices.Insert(lines, to, entry...), "\n") + "\n", nil
}

// RemoveTenant returns the text of a configuration without the tenant of that name.
func RemoveTenant(text, name string) (string, error) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	from, to, indent, err := tenantLines(lines)
	if err != nil {
		return "", err
	}
	named := regexp.MustCompile(`^\s*(-\s+)?name:\s+["']?` + regexp.QuoteMeta(name) + `["']?\s*(#.*)?$`)
	flow := regexp.MustCompile(`^\s*-\s+\{.*\bname:\s*["']?` + regexp.QuoteMeta(name) + `["']?\s*[,}]`)
	begin := -1
	for i := from + 1; from >= 0 && i <= to; i++ {
		first := i == to || strings.HasPrefix(lines[i], indent+"-")
		if first && begin >= 0 && slices.ContainsFunc(lines[begin:i], func(l string) bool { return named.MatchString(l) || flow.MatchString(l) }) {
			lines = slices.Delete(lines, begin, i)
			if !slices.ContainsFunc(lines[from+1:to-(i-begin)], func(l string) bool { return strings.HasPrefix(l, indent+"-") }) {
				lines = slices.Delete(lines, from, from+1) // that was the last one
			}
			return strings.Join(lines, "\n") + "\n", nil
		}
		if first {
			begin = i
		}
	}
	return "", fmt.Errorf("there is no tenant %.80q (fix: honderd tenants list says which there are)", name)
}

// tenantLines returns in which lines the tenants stand, and how far the entries are
// indented; from is -1 when there are none.
func tenantLines(lines []string) (from, to int, indent string, err error) {
	from, to, indent = -1, len(lines), "  "
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "tenants:"):
			if rest := strings.TrimSpace(strings.TrimPrefix(line, "tenants:")); rest != "" && !strings.HasPrefix(rest, "#") {
				return 0, 0, "", fmt.Errorf("line %d: tenants stand in one line, which is not changed by a command (fix: write each as - name: below tenants:)", i+1)
			}
			from = i
		case from >= 0 && line != "" && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "-") && !strings.HasPrefix(line, "#"):
			return from, trimmed(lines, from, i), indent, nil
		case from >= 0 && strings.HasPrefix(strings.TrimLeft(line, " "), "-") && !slices.ContainsFunc(lines[from+1:i], func(l string) bool { return strings.HasPrefix(strings.TrimLeft(l, " "), "-") }):
			indent = line[:len(line)-len(strings.TrimLeft(line, " "))]
		}
	}
	if from >= 0 {
		to = trimmed(lines, from, to)
	}
	return from, to, indent, nil
}

// trimmed returns where the lines of a section end, without what stands before the next.
func trimmed(lines []string, from, to int) int {
	for to > from+1 && (strings.TrimSpace(lines[to-1]) == "" || strings.HasPrefix(lines[to-1], "#")) {
		to--
	}
	return to
}

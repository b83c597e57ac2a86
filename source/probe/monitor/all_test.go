package monitor

import "testing"

func TestReadAll(t *testing.T) {
	targets, problems := ReadAll([]File{
		{"blackbox.yml", []byte("modules:\n  ping: {prober: icmp}\n")},
		{"prometheus.yml", []byte("scrape_configs:\n- {job_name: a, metrics_path: /probe, params: {module: [ping]}, static_configs: [{targets: [example.org]}]}\n")},
		{"node.yml", []byte("scrape_configs:\n- {job_name: node, static_configs: [{targets: ['a:9100']}]}\n")},
		{"gatus.yaml", []byte("endpoints:\n- {name: a, url: 'icmp://a', conditions: ['[CONNECTED] == true']}\n")},
		{"other.yaml", []byte("endpoints:\n- {name: a, url: 'icmp://b', conditions: ['[CONNECTED] == true']}\n")},
	}, Options{})
	same(t, targets, `[{"name":"a / example.org","kind":"icmp","address":"example.org","interval_ns":60000000000},
	{"name":"a","kind":"icmp","address":"a"},{"name":"a (2)","kind":"icmp","address":"b"}]`)
	said(t, problems, "node.yml: no job in it", `other.yaml: another file has a "a" too`)
}

package warning

import (
	"slices"
	"strings"
	"time"
)

// Watch is a measure that somebody named, beside those that are known.
type Watch struct {
	Metric string
	Limit  float64 // which it must not reach; 0: none is known, it must not grow for ever
	Floor  bool    // the limit is below: what is left must not sink to it
}

// meaning is what the values of a metric are.
type meaning struct {
	kind Kind
	side Side
}

// Known knows which metrics are readings.
type Known struct {
	metrics map[string]map[string]meaning
	watch   map[string]Watch
}

// NewKnown knows the metrics of the exporters and receivers that most people have, and
// those that somebody named.
func NewKnown(watch []Watch) *Known {
	k := &Known{metrics: metrics(), watch: map[string]Watch{}}
	for _, w := range watch {
		k.watch[w.Metric] = w
	}
	return k
}

// Knows reports whether a metric may be a reading, whatever its labels are.
func (k *Known) Knows(metric string) bool {
	_, named := k.watch[metric]
	return named || k.metrics[metric] != nil
}

// Reading returns what a value of a metric tells; false when it tells nothing of something
// that runs out. Names are read as Prometheus writes them and as OpenTelemetry does.
func (k *Known) Reading(metric string, labels map[string]string, value float64, at time.Time) (Reading, bool) {
	r := Reading{Value: value, At: at.UTC().Truncate(time.Second)}
	if w, named := k.watch[metric]; named {
		r.Kind, r.Side, r.Labels = Limit, Free, pick(labels, nil)
		r.Labels["metric"] = line(metric)
		switch {
		case w.Floor:
			r.Value = value - w.Limit
		case w.Limit > 0:
			r.Value = w.Limit - value
		default:
			r.Kind, r.Side = Queue, Used
		}
		return r, r.Validate() == nil
	}
	m, ok := k.known(metric, labels)
	if !ok {
		return Reading{}, false
	}
	r.Kind, r.Side, r.Labels = m.kind, m.side, pick(labels, telling())
	return r, r.Validate() == nil
}

// known returns what a metric means.
func (k *Known) known(metric string, labels map[string]string) (m meaning, ok bool) {
	list := k.metrics[metric]
	if m, ok = list[state(labels)]; !ok {
		m, ok = list[""]
	}
	if !ok || (m.kind == Disk || m.kind == Inodes) && passing(labels) {
		return m, false
	}
	return m, true
}

// state returns the attribute by which OpenTelemetry has several sides in one metric.
func state(labels map[string]string) string {
	for _, name := range []string{"state", "system.filesystem.state", "db.client.connection.state"} {
		if s := labels[name]; s != "" {
			return s
		}
	}
	return ""
}

// passing reports whether a file system holds nothing that stays: one that is full from the
// beginning, such as an image that is only read, is no news.
func passing(labels map[string]string) bool {
	kind := labels["fstype"] + labels["type"] + labels["system.filesystem.type"]
	return slices.Contains([]string{"tmpfs", "ramfs", "overlay", "squashfs", "iso9660", "devtmpfs", "erofs", "nsfs", "fuse.lxcfs"}, kind)
}

// metrics returns the meaning of each metric by its state, "" for whatever state.
//
// Source: node_exporter, windows_exporter, kubelet, blackbox_exporter, cert-manager,
// x509-certificate-exporter, RabbitMQ, kafka_exporter, NATS and Sidekiq exporters; the
// semantic conventions of OpenTelemetry 1.44 and its kubeletstats receiver.
func metrics() map[string]map[string]meaning {
	one := func(k Kind, s Side) map[string]meaning { return map[string]meaning{"": {k, s}} }
	return map[string]map[string]meaning{
		"node_filesystem_avail_bytes":                          one(Disk, Free),
		"node_filesystem_size_bytes":                           one(Disk, Total),
		"node_filesystem_files_free":                           one(Inodes, Free),
		"node_filesystem_files":                                one(Inodes, Total),
		"node_memory_MemAvailable_bytes":                       one(Memory, Free),
		"node_memory_MemTotal_bytes":                           one(Memory, Total),
		"windows_logical_disk_free_bytes":                      one(Disk, Free),
		"windows_logical_disk_size_bytes":                      one(Disk, Total),
		"kubelet_volume_stats_available_bytes":                 one(Disk, Free),
		"kubelet_volume_stats_capacity_bytes":                  one(Disk, Total),
		"kubelet_volume_stats_inodes_free":                     one(Inodes, Free),
		"kubelet_volume_stats_inodes":                          one(Inodes, Total),
		"process_open_fds":                                     one(Files, Used),
		"process_max_fds":                                      one(Files, Total),
		"probe_ssl_earliest_cert_expiry":                       one(Certificate, Ends),
		"x509_cert_not_after":                                  one(Certificate, Ends),
		"certmanager_certificate_expiration_timestamp_seconds": one(Certificate, Ends),
		"rabbitmq_queue_messages":                              one(Queue, Used),
		"kafka_consumergroup_lag":                              one(Queue, Used),
		"kafka_consumergroup_lag_sum":                          one(Queue, Used),
		"nats_consumer_num_pending":                            one(Queue, Used),
		"sidekiq_queue_size":                                   one(Queue, Used),

		"system.filesystem.usage":        {"free": {Disk, Free}},
		"system.filesystem.limit":        one(Disk, Total),
		"system.filesystem.inodes.usage": {"free": {Inodes, Free}},
		"system.memory.limit":            one(Memory, Total),
		"system.linux.memory.available":  one(Memory, Free),
		"k8s.volume.available":           one(Disk, Free),
		"k8s.volume.capacity":            one(Disk, Total),
		"k8s.volume.inodes.free":         one(Inodes, Free),
		"k8s.volume.inodes":              one(Inodes, Total),
		"db.client.connection.count":     {"used": {Connections, Used}},
		"db.client.connection.max":       one(Connections, Total),
		"kafka.consumer_group.lag":       one(Queue, Used),
		"rabbitmq.message.current":       one(Queue, Used),
	}
}

// telling are the labels that tell things apart. Others, such as the device of a disk or
// the version of an exporter, change while the thing stays.
func telling() []string {
	return []string{
		"cluster", "namespace", "service", "app", "job", "instance", "node", "pod", "container", "mountpoint", "volume", "persistentvolumeclaim",
		"queue", "vhost", "consumergroup", "topic", "stream_name", "consumer_name", "name", "subject_CN", "secret_name", "filename",
		"app_kubernetes_io_name", "service_name",
		"service.name", "service.namespace", "host.name", "k8s.cluster.name", "k8s.namespace.name", "k8s.pod.name", "k8s.node.name", "k8s.volume.name",
		"k8s.persistentvolumeclaim.name", "system.filesystem.mountpoint", "db.client.connection.pool.name", "group",
	}
}

// pick returns those of labels that names has, as they can be kept; nil: all for which
// there is room.
func pick(labels map[string]string, names []string) map[string]string {
	kept := map[string]string{}
	if names == nil {
		for name := range labels {
			names = append(names, name)
		}
		slices.Sort(names)
	}
	for _, name := range names {
		if value := line(labels[name]); value != "" && len(name) <= MaxName && len(kept) < MaxLabels-1 && !strings.HasPrefix(name, "__") && isLine(name) {
			kept[name] = value
		}
	}
	return kept
}

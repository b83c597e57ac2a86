package kubernetes

import (
	"encoding/json"
	"strings"
	"time"
)

// object is the part of a thing in a cluster that is looked at. The shapes of several kinds
// are in it: what a kind does not have stays empty.
type object struct {
	kind     string
	Metadata struct {
		Name              string            `json:"name"`
		Namespace         string            `json:"namespace"`
		Generation        int64             `json:"generation"`
		CreationTimestamp time.Time         `json:"creationTimestamp"`
		Labels            map[string]string `json:"labels"`
		Annotations       map[string]string `json:"annotations"`
		ManagedFields     []struct {
			Time        time.Time `json:"time"`
			Subresource string    `json:"subresource"`
		} `json:"managedFields"`
	} `json:"metadata"`
	Spec struct {
		Replicas *int64          `json:"replicas"`
		Selector json.RawMessage `json:"selector"` // of a service: a map; of a workload: matchLabels
		Template struct {
			Metadata struct {
				Labels      map[string]string `json:"labels"`
				Annotations map[string]string `json:"annotations"`
			} `json:"metadata"`
			Spec struct {
				Containers []struct {
					Name  string `json:"name"`
					Image string `json:"image"`
				} `json:"containers"`
			} `json:"spec"`
		} `json:"template"`
		Rules []struct { // of an ingress, of a route
			Host string `json:"host"`
			HTTP struct {
				Paths []struct {
					Backend struct {
						Service struct {
							Name string `json:"name"`
						} `json:"service"`
					} `json:"backend"`
				} `json:"paths"`
			} `json:"http"`
			BackendRefs []struct {
				Kind string `json:"kind"`
				Name string `json:"name"`
			} `json:"backendRefs"`
		} `json:"rules"`
		Hostnames []string `json:"hostnames"`
	} `json:"spec"`
	Status status `json:"status"`
}

// status is how far a workload is.
type status struct {
	ObservedGeneration     int64  `json:"observedGeneration"`
	Replicas               int64  `json:"replicas"`
	UpdatedReplicas        int64  `json:"updatedReplicas"`
	ReadyReplicas          int64  `json:"readyReplicas"`
	AvailableReplicas      int64  `json:"availableReplicas"`
	CurrentRevision        string `json:"currentRevision"`
	UpdateRevision         string `json:"updateRevision"`
	DesiredNumberScheduled int64  `json:"desiredNumberScheduled"`
	UpdatedNumberScheduled int64  `json:"updatedNumberScheduled"`
	NumberAvailable        int64  `json:"numberAvailable"`
	Conditions             []struct {
		Type           string    `json:"type"`
		Status         string    `json:"status"`
		Reason         string    `json:"reason"`
		LastUpdateTime time.Time `json:"lastUpdateTime"`
	} `json:"conditions"`
}

// parse reads a thing of a kind.
func parse(kind string, data json.RawMessage) (object, bool) {
	o := object{kind: kind}
	if err := json.Unmarshal(data, &o); err != nil || o.Metadata.Name == "" {
		return o, false
	}
	return o, true
}

func (o object) key() string { return o.Metadata.Namespace + "/" + o.Metadata.Name }

// said returns the first of names that an annotation or a label of the workload, or of its
// pods, has.
func (o object) said(names ...string) string {
	pods := o.Spec.Template.Metadata
	for _, name := range names {
		for _, from := range []map[string]string{o.Metadata.Annotations, o.Metadata.Labels, pods.Annotations, pods.Labels} {
			if v := from[name]; v != "" {
				return v
			}
		}
	}
	return ""
}

// service returns what a workload is called as a service.
//
// Source: the order of OpenTelemetry's "Specify resource attributes using Kubernetes
// annotations", so that it is called as in its traces.
func (o object) service() string {
	if s := o.said("honderd.dev/service", "resource.opentelemetry.io/service.name", "backstage.io/kubernetes-id", "app.kubernetes.io/name"); s != "" {
		return s
	}
	return o.Metadata.Name
}

// version returns which version a workload runs: as it says, or as the tag of its image.
func (o object) version() string {
	pods := o.Spec.Template.Metadata
	for _, v := range []string{pods.Annotations["resource.opentelemetry.io/service.version"], pods.Labels["app.kubernetes.io/version"], o.Metadata.Labels["app.kubernetes.io/version"]} {
		if v != "" {
			return v
		}
	}
	list := o.Spec.Template.Spec.Containers
	if len(list) == 0 {
		return ""
	}
	image := list[0].Image
	for _, c := range list {
		if c.Name == pods.Annotations["kubectl.kubernetes.io/default-container"] {
			image = c.Image
		}
	}
	return tag(image)
}

// tag returns the tag of an image, or its digest; "" when it has neither.
func tag(image string) string {
	image, digest, _ := strings.Cut(image, "@")
	last := image[strings.LastIndexByte(image, '/')+1:]
	if _, tag, found := strings.Cut(last, ":"); found {
		return tag
	}
	return digest
}

// selects reports whether a service of the cluster is answered by the pods of w.
func (o object) selects(w object) bool {
	var wanted map[string]string
	if json.Unmarshal(o.Spec.Selector, &wanted) != nil || len(wanted) == 0 || o.Metadata.Namespace != w.Metadata.Namespace {
		return false
	}
	for name, value := range wanted {
		if w.Spec.Template.Metadata.Labels[name] != value {
			return false
		}
	}
	return true
}

// fronts returns the names by which people ask for each service of the cluster, as an
// ingress or a route says.
func (o object) fronts() map[string][]string {
	list := map[string][]string{}
	for _, r := range o.Spec.Rules {
		for _, p := range r.HTTP.Paths {
			if name := p.Backend.Service.Name; name != "" && r.Host != "" {
				list[name] = append(list[name], r.Host)
			}
		}
		for _, b := range r.BackendRefs {
			if b.Kind == "" || b.Kind == "Service" {
				list[b.Name] = append(list[b.Name], o.Spec.Hostnames...)
			}
		}
	}
	return list
}

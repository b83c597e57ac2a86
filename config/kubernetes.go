package config

import (
	_ "embed" // for kubernetesSource
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"github.com/honderd/honderd/internal/kube"
)

//go:embed kubernetes.go
var kubernetesSource string // the comments in it describe the keys

// Kubernetes is a cluster whose workloads, services and rollouts are watched.
type Kubernetes struct {
	// URL is where the API of the cluster is, as https://host:port, or in-cluster for
	// that of the cluster that this program runs in. When it is not written: nothing is
	// watched.
	URL string `yaml:"url" is:"cluster"`

	// TokenFile is a file with the token that is shown, which is read anew each time.
	TokenFile string `yaml:"token_file" is:"file"`

	// CA is a file with the certificate that vouches for the API. When it is not
	// written: those of the system.
	CA string `yaml:"ca" is:"file"`

	// Namespaces are those that are watched. When it is not written: all.
	Namespaces []string `yaml:"namespaces" is:"namespace"`

	// Environment is what its releases are told of, such as staging. When it is not
	// written: production.
	Environment string `yaml:"environment" is:"environment"`

	here *kube.Cluster // that this program runs in; nil: in none
}

// InCluster is the address of the cluster that this program runs in.
const InCluster = "in-cluster"

// Here says in which cluster this program runs, by its environment.
func (k *Kubernetes) Here(env func(name string) string) {
	if at, ok := kube.InCluster(env); ok {
		k.here = &at
	}
}

// Cluster returns where the API is that backends k8s://... are looked for in; nil: there is
// none.
func (k Kubernetes) Cluster() *kube.Cluster {
	if k.URL == "" || k.URL == InCluster {
		return k.here
	}
	return &kube.Cluster{API: k.URL, Token: k.TokenFile, CA: k.CA}
}

// validate reports what no single key of k can show.
func (k Kubernetes) validate() error {
	if (k.URL == "" || k.URL == InCluster) && k.TokenFile+k.CA != "" {
		return errors.New("a token and a certificate are for an API elsewhere (fix: write its url, as https://host:port, or take them out)")
	}
	return nil
}

// kubernetesKind returns the kinds of what a cluster is told.
func kubernetesKind(is string) (kind, bool) {
	switch is {
	case "cluster":
		return kind{noun: "the address of a Kubernetes API, or in-cluster", example: "https://10.0.0.1:6443", text: true, read: readCluster}, true
	case "namespace":
		return kind{noun: "the name of a namespace", example: "shop", text: true, once: true, read: readNamespace}, true
	case "environment":
		return kind{noun: "the name of an environment", example: "staging", text: true, read: readFilled}, true
	}
	return kind{}, false
}

func readCluster(text string) (any, error) {
	if text == InCluster {
		return text, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%.80q is not the address of an API (fix: write https://host:port, or in-cluster)", text)
	}
	return text, nil
}

func readNamespace(text string) (any, error) {
	if !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`).MatchString(text) {
		return nil, fmt.Errorf("%.80q is not the name of a namespace (fix: write small letters, digits and -, such as shop)", text)
	}
	return text, nil
}

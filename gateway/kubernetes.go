package gateway

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kubernetes says where the API of a cluster is, for backends k8s://namespace/service:port.
type Kubernetes struct {
	API   string // https://10.96.0.1:443
	Token string // the file with the token, which is read anew each time; "": none is shown
	CA    string // the file with the certificate that vouches for the API; "": those of the machine
}

// Bounds of talking to the API.
const (
	kubePatient = 5 * time.Second
	kubeMost    = 32 << 20         // bytes of a list
	kubeAgain   = 30 * time.Second // after which the list is asked for anew, whatever was watched
	kubePause   = time.Second      // after a failure, and between two lists
)

// slices of endpoints, as the API has them: discovery.k8s.io/v1.
type endpointSlices struct {
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Items []struct {
		Endpoints []struct {
			Addresses  []string `json:"addresses"`
			Conditions struct {
				Ready *bool `json:"ready"` // absent: it is
			} `json:"conditions"`
		} `json:"endpoints"`
		Ports []struct {
			Name *string `json:"name"`
			Port *int    `json:"port"`
		} `json:"ports"`
	} `json:"items"`
}

// service is one service of a cluster.
type service struct {
	namespace, name, port string
}

// parseService reads k8s://namespace/service:port.
func parseService(u *url.URL) (s service, err error) {
	name, port, found := strings.Cut(strings.TrimPrefix(u.Path, "/"), ":")
	s = service{u.Host, name, port}
	if !found || s.namespace == "" || name == "" || port == "" || strings.ContainsAny(s.namespace+name+port, "/?#:%& ") || u.RawQuery != "" {
		return s, fmt.Errorf("backend %q: names no service (fix: write k8s://namespace/service:port, with the number or the name of a port)", u)
	}
	return s, nil
}

// kube talks to the API.
type kube struct {
	Kubernetes
	client *http.Client
}

// newKube returns what talks to the API; nil: there is none.
func newKube(k *Kubernetes) (*kube, error) {
	if k == nil {
		return nil, nil
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if k.CA != "" {
		pem, err := os.ReadFile(k.CA)
		if err != nil {
			return nil, fmt.Errorf("read the certificate of the Kubernetes API: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate (fix: name the CA of the cluster in PEM)", k.CA)
		}
	}
	return &kube{*k, &http.Client{Transport: &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute}}}, nil
}

// get asks the API for the endpoints of s.
func (k *kube) get(ctx context.Context, s service, more url.Values) (*http.Response, error) {
	more.Set("labelSelector", "kubernetes.io/service-name="+s.name)
	at := strings.TrimSuffix(k.API, "/") + "/apis/discovery.k8s.io/v1/namespaces/" + s.namespace + "/endpointslices?" + more.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return nil, err
	}
	if k.Token != "" {
		token, err := os.ReadFile(k.Token)
		if err != nil {
			return nil, fmt.Errorf("read the token for the Kubernetes API: %w", err)
		}
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	resp, err := k.client.Do(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("the Kubernetes API answers %s for the endpoints of %s/%s (fix: let the service account list and watch endpointslices)", resp.Status, s.namespace, s.name)
	}
	return resp, nil
}

// list returns the addresses of s that are ready, and which version of them it was.
func (k *kube) list(ctx context.Context, s service) (addrs []string, version string, err error) {
	ctx, stop := context.WithTimeout(ctx, kubePatient)
	defer stop()
	resp, err := k.get(ctx, s, url.Values{})
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	var all endpointSlices
	if err := json.NewDecoder(io.LimitReader(resp.Body, kubeMost)).Decode(&all); err != nil {
		return nil, "", fmt.Errorf("the list of endpoints cannot be read: %w", err)
	}
	for _, slice := range all.Items {
		port := ""
		for _, p := range slice.Ports {
			if p.Port != nil && (len(slice.Ports) == 1 || p.Name != nil && *p.Name == s.port || strconv.Itoa(*p.Port) == s.port) {
				port = strconv.Itoa(*p.Port)
			}
		}
		for _, e := range slice.Endpoints {
			if port == "" || e.Conditions.Ready != nil && !*e.Conditions.Ready {
				continue
			}
			for _, a := range e.Addresses {
				addrs = append(addrs, net.JoinHostPort(a, port))
			}
		}
	}
	slices.Sort(addrs)
	return slices.Compact(addrs), all.Metadata.ResourceVersion, nil
}

// watch waits until something may have changed behind version.
func (k *kube) watch(ctx context.Context, s service, version string) error {
	ctx, stop := context.WithTimeout(ctx, kubeAgain)
	defer stop()
	resp, err := k.get(ctx, s, url.Values{"watch": {"1"}, "resourceVersion": {version}, "timeoutSeconds": {strconv.Itoa(int(kubeAgain.Seconds()))}})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = bufio.NewReader(resp.Body).ReadByte() // an event, of whatever kind
	if errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// followService keeps the addresses of n as the cluster has them, until ctx is done. While
// the API does not answer they stay as they were.
func (g *Gateway) followService(ctx context.Context, p *pool, n *name) {
	trouble := ""
	for ctx.Err() == nil {
		addrs, version, err := g.kube.list(ctx, *n.service)
		if err == nil {
			g.setAddrs(p, n, addrs)
			err = g.kube.watch(ctx, *n.service, version)
		}
		if err != nil && err.Error() != trouble && ctx.Err() == nil {
			trouble = err.Error()
			g.options.Log.Error("endpoints of a service are not known anew: they stay as they were", "service", n.url.String(), "error", err)
		}
		if err == nil {
			trouble = ""
		}
		select {
		case <-time.After(kubePause):
		case <-ctx.Done():
		}
	}
}

// setAddrs gives n its addresses. None at all is not believed while there were some: a
// pool that is empty helps nobody.
func (g *Gateway) setAddrs(p *pool, n *name, addrs []string) {
	n.mu.Lock()
	same := slices.Equal(addrs, n.addrs) || len(addrs) == 0
	if !same {
		n.addrs = addrs
	}
	n.mu.Unlock()
	if !same {
		g.arrange(p)
		p.recovered(time.Now())
	}
}

// openServices asks for the endpoints of services the first time.
func (g *Gateway) openServices(ctx context.Context) (err error) {
	if g.kube, err = newKube(g.options.Kubernetes); err != nil {
		return err
	}
	for _, p := range g.pools {
		for _, n := range p.names {
			if n.service == nil {
				continue
			}
			if g.kube == nil {
				return fmt.Errorf("backend %s.%s: there is no Kubernetes API here (fix: run in a cluster)", n.service.name, n.service.namespace)
			}
			addrs, _, err := g.kube.list(ctx, *n.service)
			if err != nil {
				g.options.Log.Error("endpoints of a service are not known: they are asked for again", "error", err)
				continue
			}
			g.setAddrs(p, n, addrs)
		}
	}
	return nil
}

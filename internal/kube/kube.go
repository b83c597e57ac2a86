// Package kube talks to the API of a Kubernetes cluster: it lists what there is of a kind
// and watches how that changes, without the library that costs more than all of ours.
package kube

import (
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
	"strings"
	"time"
)

// Cluster says where the API of a cluster is.
type Cluster struct {
	API   string // https://10.96.0.1:443
	Token string // the file with the token, which is read anew each time; "": none is shown
	CA    string // the file with the certificate that vouches for the API; "": those of the machine
}

// InCluster returns where the API is for a program that runs in the cluster; false when env
// does not look like one.
//
// Source: Kubernetes, "Accessing the Kubernetes API from a Pod".
func InCluster(env func(name string) string) (Cluster, bool) {
	host, port := env("KUBERNETES_SERVICE_HOST"), env("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return Cluster{}, false
	}
	const at = "/var/run/secrets/kubernetes.io/serviceaccount/"
	return Cluster{API: "https://" + net.JoinHostPort(host, port), Token: at + "token", CA: at + "ca.crt"}, true
}

// Bounds of talking to the API.
const (
	patience = 20 * time.Second // for a list
	maxPage  = 32 << 20         // bytes of one page of a list
	pageSize = "500"
	maxItems = 100_000
)

// Client talks to one cluster.
type Client struct {
	at   Cluster
	http *http.Client
}

// New returns a Client.
func New(at Cluster) (*Client, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if at.CA != "" {
		pem, err := os.ReadFile(at.CA)
		if err != nil {
			return nil, fmt.Errorf("read the certificate of the Kubernetes API: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate (fix: name the CA of the cluster in PEM)", at.CA)
		}
	}
	return &Client{at, &http.Client{Transport: &http.Transport{
		TLSClientConfig: conf, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: patience,
		HTTP2: &http.HTTP2Config{SendPingTimeout: 20 * time.Second, PingTimeout: 10 * time.Second}, // a watch that is silent may be dead
	}}}, nil
}

// StatusError is an answer that is no list.
type StatusError struct {
	Code int
	Path string
	Says string
}

// Error says what the API answered, and what to do.
func (e *StatusError) Error() string {
	fix := ""
	switch e.Code {
	case http.StatusUnauthorized:
		fix = " (fix: name the file of a token that holds)"
	case http.StatusForbidden:
		fix = " (fix: let the service account list and watch it)"
	}
	return fmt.Sprintf("the Kubernetes API answers %d for %s: %s%s", e.Code, e.Path, e.Says, fix)
}

// gone reports whether what we knew is too old to go on from.
func gone(err error) bool {
	e, ok := errors.AsType[*StatusError](err)
	return ok && e.Code == http.StatusGone
}

// Missing reports whether the cluster does not have such a kind of thing.
func Missing(err error) bool {
	e, ok := errors.AsType[*StatusError](err)
	return ok && e.Code == http.StatusNotFound
}

// get asks for path.
func (c *Client) get(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.at.API, "/")+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "honderd")
	if c.at.Token != "" {
		token, err := os.ReadFile(c.at.Token)
		if err != nil {
			return nil, fmt.Errorf("read the token for the Kubernetes API: %w", err)
		}
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	w, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	if w.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(w.Body, 4096))
		_ = w.Body.Close()
		return nil, refused(w.StatusCode, path, said)
	}
	return w, nil
}

// refused reads a Status of the API.
func refused(code int, path string, said []byte) *StatusError {
	var s struct {
		Message string `json:"message"`
		Code    int    `json:"code"`
	}
	e := &StatusError{Code: code, Path: path, Says: strings.ToLower(http.StatusText(code))}
	if json.Unmarshal(said, &s) == nil && s.Message != "" {
		e.Says = s.Message[:min(len(s.Message), 300)]
	}
	return e
}

// List returns all there is at path, page by page, and the version of it.
func (c *Client) List(ctx context.Context, path string, query url.Values) (items []json.RawMessage, version string, err error) {
	next := ""
	for {
		q := clone(query)
		q.Set("limit", pageSize)
		if next != "" {
			q.Set("continue", next)
		}
		var page struct {
			Metadata struct {
				ResourceVersion string `json:"resourceVersion"`
				Continue        string `json:"continue"`
			} `json:"metadata"`
			Items []json.RawMessage `json:"items"`
		}
		if err := c.page(ctx, path, q, &page); err != nil {
			return nil, "", err
		}
		items = append(items, page.Items...)
		next = page.Metadata.Continue
		if next == "" {
			return items, page.Metadata.ResourceVersion, nil
		}
		if len(items) > maxItems {
			return nil, "", fmt.Errorf("%s has more than %d things (fix: name the namespaces that matter)", path, maxItems)
		}
	}
}

func (c *Client) page(ctx context.Context, path string, q url.Values, into any) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	w, err := c.get(ctx, path, q)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	if err := json.NewDecoder(io.LimitReader(w.Body, maxPage)).Decode(into); err != nil {
		return fmt.Errorf("the list %s cannot be read: %w", path, err)
	}
	return nil
}

func clone(q url.Values) url.Values {
	all := url.Values{}
	for key, values := range q {
		all[key] = append([]string{}, values...)
	}
	return all
}

package app

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/internal/reply"
	"github.com/honderd/honderd/ledger"
)

// plannedPath is where planned work is announced.
const plannedPath = "/api/v1/planned"

// maxPlannedBody is how long an announcement may be, in bytes.
const maxPlannedBody = 32 << 10

// planned answers what concerns planned work: operators, and commands on this machine,
// announce, change and cancel it.
func (s *Server) planned(w http.ResponseWriter, r *http.Request) {
	if err := s.allow(r); err != nil {
		problem(w, http.StatusForbidden, err)
		return
	}
	id := strings.Trim(strings.TrimPrefix(r.URL.Path, plannedPath), "/")
	switch {
	case r.Method == http.MethodGet && id == "":
		sendJSON(w, http.StatusOK, map[string]any{"planned": saidOf[incident.Planned](s, incident.KindPlanned)})
	case r.Method == http.MethodPost && id == "":
		var p incident.Planned
		if err := readPlanned(w, r, &p); err != nil {
			problem(w, http.StatusBadRequest, err)
			return
		}
		p.ID, p.Said, p.Changed, p.Cancelled = newID(), now(), time.Time{}, false
		s.announce(w, r, p, http.StatusCreated)
	case (r.Method == http.MethodPut || r.Method == http.MethodDelete) && id != "":
		s.change(w, r, id)
	default:
		problem(w, http.StatusMethodNotAllowed, errors.New("planned work is read with GET, announced with POST, changed with PUT and cancelled with DELETE"))
	}
}

// change changes or cancels what was announced. What was over is history.
func (s *Server) change(w http.ResponseWriter, r *http.Request, id string) {
	known, ok := s.projector.saidOne(incident.KindPlanned, id)
	var p incident.Planned
	if !ok || json.Unmarshal(known.Body, &p) != nil {
		problem(w, http.StatusNotFound, errors.New("there is no such planned work (fix: take an id of honderd planned list)"))
		return
	}
	if now().After(p.To) {
		problem(w, http.StatusConflict, errors.New("that work is over: history is not changed"))
		return
	}
	said := p.Said
	if r.Method == http.MethodDelete {
		p.Cancelled = true
	} else if err := readPlanned(w, r, &p); err != nil {
		problem(w, http.StatusBadRequest, err)
		return
	}
	p.ID, p.Said, p.Changed = id, said, now()
	s.announce(w, r, p, http.StatusOK)
}

func (s *Server) announce(w http.ResponseWriter, r *http.Request, p incident.Planned, code int) {
	if err := p.Validate(); err != nil {
		problem(w, http.StatusUnprocessableEntity, err)
		return
	}
	p.From, p.To = p.From.UTC(), p.To.UTC()
	if _, err := s.say(r.Context(), anyVersion, incident.KindPlanned, p.ID, cmp.Or(asker(r).name, by), p); err != nil {
		code := http.StatusInternalServerError
		if errors.Is(err, ledger.ErrFull) || errors.Is(err, ledger.ErrAway) {
			code = http.StatusServiceUnavailable
		}
		problem(w, code, err)
		return
	}
	sendJSON(w, code, p)
}

func sendJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the caller has gone
}

func readPlanned(w http.ResponseWriter, r *http.Request, p *incident.Planned) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPlannedBody))
	d.DisallowUnknownFields()
	return d.Decode(p)
}

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

func newID() string {
	b := make([]byte, 6)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// controlFile is the file in the folder of data with what commands show to the running
// server: whoever can read the folder may run them.
const controlFile = "control.key"

// ControlKey returns what commands show to the server that runs on a folder of data. The
// server makes it when it starts for the first time.
func ControlKey(dir string) (string, error) {
	key, err := os.ReadFile(filepath.Join(dir, controlFile))
	if err != nil {
		return "", fmt.Errorf("read what the server knows commands by: %w (fix: run the command as who runs honderd serve, and with the same data folder)", err)
	}
	return string(key), nil
}

// makeControlKey makes the key unless there is one, and returns it.
func makeControlKey(dir string) (string, error) {
	if key, err := ControlKey(dir); err == nil && len(key) >= 32 {
		return key, nil
	}
	b := make([]byte, 32)
	rand.Read(b)
	key := hex.EncodeToString(b)
	if err := writeWhole(filepath.Join(dir, controlFile), []byte(key)); err != nil {
		return "", fmt.Errorf("keep what commands are known by: %w", err)
	}
	return key, nil
}

// allow refuses who is neither known, in which case the entry knows what they may, nor a
// command on this machine that shows the key.
func (s *Server) allow(r *http.Request) error {
	if id := asker(r); id.session != "" || id.token {
		return nil
	}
	if err := fromHere(r); err != nil {
		return err
	}
	shown, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !s.isControl(shown) {
		return errors.New("the key of the command is not that of the server (fix: run it with the data folder of the server, or send what is in its control.key as Authorization: Bearer)")
	}
	return nil
}

// isControl reports whether a command of this server showed its key.
func (s *Server) isControl(shown string) bool {
	return s.control != "" && subtle.ConstantTimeCompare([]byte(shown), []byte(s.control)) == 1
}

// fromHere refuses who is not on this machine, and pages of others in a browser on it.
func fromHere(r *http.Request) error {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err2 := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil || !at.Addr().Unmap().IsLoopback() || host != "localhost" && (err2 != nil || !ip.Unmap().IsLoopback()) {
		return errors.New("this is done from the machine of honderd only (fix: run the command there)")
	}
	if r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return errors.New("this is not done through a proxy (fix: run the command on the machine of honderd)")
	}
	return http.NewCrossOriginProtection().Check(r)
}

// problem answers what went wrong (RFC 9457).
func problem(w http.ResponseWriter, code int, err error) {
	reply.Wrong(w, code, err.Error())
}

package admit

import (
	"net/http"
	"strconv"
	"time"

	"github.com/honderd/honderd/internal/reply"
)

// Refusal is an answer to a request that is not taken.
type Refusal struct {
	Status int
	Why    string        // counted under this; a few words of ours
	Detail string        // for who reads the answer, with the way out
	Again  time.Duration // when it may come again; 0: it had better not, as it is
}

// Wrong refuses what is no message of its kind.
func Wrong(why, detail string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Why: why, Detail: detail}
}

// NoKey refuses who does not show a key that lets them in.
func NoKey(detail string) *Refusal {
	return &Refusal{Status: http.StatusUnauthorized, Why: "key", Detail: detail}
}

// WrongType refuses what is of a kind that is not taken.
func WrongType(why, detail string) *Refusal {
	return &Refusal{Status: http.StatusUnsupportedMediaType, Why: why, Detail: detail}
}

// TooLarge refuses what is more than a door takes at once.
func TooLarge(detail string) *Refusal {
	return &Refusal{Status: http.StatusRequestEntityTooLarge, Why: "too large", Detail: detail}
}

// TooMany refuses what may come again in a moment.
func TooMany(why, detail string) *Refusal {
	return &Refusal{Status: http.StatusTooManyRequests, Why: why, Detail: detail, Again: time.Second}
}

// NotKept refuses what could not be kept, or of which that is not known.
func NotKept(detail string) *Refusal {
	return &Refusal{Status: http.StatusServiceUnavailable, Why: "not kept", Detail: detail, Again: time.Second}
}

// BadMethod refuses what is not sent with one of the methods in allow, one: "POST".
func BadMethod(detail string) *Refusal {
	return &Refusal{Status: http.StatusMethodNotAllowed, Why: "method", Detail: detail}
}

// restOfBody is how long the rest of a body that is not taken may take: it is read, so that
// the connection can go on, and the answer waits for it.
const restOfBody = time.Second

// Head writes what else an answer says: when to come again, with which method, and how a
// key is shown. allow are the methods that are taken.
func (n *Refusal) Head(w http.ResponseWriter, allow string) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(restOfBody)) // a server without deadlines has its own
	h := w.Header()
	switch {
	case n.Again > 0:
		h.Set("Retry-After", strconv.Itoa(max(int(n.Again.Seconds()), 1)))
	case n.Status == http.StatusMethodNotAllowed:
		h.Set("Allow", allow)
	case n.Status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="honderd"`)
	}
}

// Write answers with n in the shape that our doors have. allow are the methods that are
// taken.
func (n *Refusal) Write(w http.ResponseWriter, allow string) {
	n.Head(w, allow)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	reply.Wrong(w, n.Status, n.Detail)
}

// Package notify says what a notifier is: somebody or something that is told when people
// are hurt, what was said of it, and when it is over.
package notify

import (
	"context"
	"errors"
	"time"
)

// Kind is what a message is about.
type Kind string

// The kinds.
const (
	Opened  Kind = "opened"  // people are hurt
	Said    Kind = "said"    // somebody said something of it
	Ended   Kind = "ended"   // nobody is hurt any more
	Planned Kind = "planned" // work is announced, changed or cancelled
	Confirm Kind = "confirm" // somebody asked to be told: is it them?
)

// Message is one thing that is told.
type Message struct {
	ID      string    `json:"id"` // the same for the same news: who has it already may drop it
	Kind    Kind      `json:"kind"`
	At      time.Time `json:"at"`      // when it happened or was said
	Subject string    `json:"subject"` // one line
	Text    string    `json:"text"`    // plain, several lines
	URL     string    `json:"url"`     // where more stands; "" for nowhere

	Incident string `json:"incident,omitempty"` // the ID of the incident
	People   int64  `json:"people,omitempty"`   // hurt so far
	Leave    string `json:"-"`                  // where the receiver ends it with one click; "" for a team
}

// Notifier tells one receiver.
type Notifier interface {
	// Name is the same after a restart; no two receivers share one. It holds no secret.
	Name() string

	// Send tells m. It returns nil once the other side has taken it, an error that is
	// ErrGone when the receiver is no more, one that is ErrRefused when the same message
	// will never be taken, and any other when it may be tried again. It ends with ctx.
	Send(ctx context.Context, m Message) error
}

// What Send answers when trying again would not help.
var (
	ErrGone    = errors.New("the receiver is no more")
	ErrRefused = errors.New("the receiver refuses the message")
)

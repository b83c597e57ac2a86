package probe

import (
	"context"
	"errors"
	"time"

	"github.com/honderd/honderd/experience"
)

// Player plays recordings in a browser. Many may ask it at once.
type Player interface {
	// Check reports what is wrong with a recording.
	Check(recording string) error

	// Play plays it, in the time of ctx, for the target of that name.
	Play(ctx context.Context, target, recording string) Played
}

// Played is what playing a recording found.
type Played struct {
	Wait    time.Duration    // all steps together
	Steps   []StepResult     // in order, as far as it came
	Cause   experience.Cause // Fine: it was good
	Why     string
	Failed  string // the step that was bad
	Shot    string // where the picture of that step is
	Unknown bool   // it could not be played at all: Why says more, and Cause nothing
}

// browserCheck plays one recording.
type browserCheck struct {
	name, recording string
	player          Player
}

func newBrowser(t Target) (*browserCheck, error) {
	if t.Recording == "" {
		return nil, errors.New("a browser has nothing to play (fix: save a recording of Chrome DevTools Recorder as JSON)")
	}
	return &browserCheck{recording: t.Recording}, nil
}

// with gives c who plays, and reports what is wrong with the recording.
func (c *browserCheck) with(name string, player Player) error {
	c.name, c.player = name, player
	if player == nil {
		return nil
	}
	return player.Check(c.recording)
}

func (c *browserCheck) close() {}

func (c *browserCheck) check(ctx context.Context, _ bool) outcome {
	if c.player == nil {
		return outcome{unknown: true, why: "this machine could not probe: it has no browser"}
	}
	p := c.player.Play(ctx, c.name, c.recording)
	return outcome{
		wait: p.Wait, steps: p.Steps, cause: p.Cause, why: p.Why, failed: clean(p.Failed), shot: p.Shot, unknown: p.Unknown,
	}
}

package recorder

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source/probe"
)

// DefaultShots is how many pictures are kept when nobody says otherwise.
const DefaultShots = 100

// lookFor is how long a last picture may take: a page that hangs gives none.
const lookFor = 3 * time.Second

// Options says how recordings are played. The zero value finds a browser and keeps no
// pictures.
type Options struct {
	Browser string // the path of a Chromium or Chrome; empty: the one that Find finds
	Shots   string // the folder for pictures of steps that failed; empty: none are kept
	Most    int    // how many pictures are kept, the newest; 0: DefaultShots
}

// Player plays recordings, each in a browser of its own that ends with it: nothing of one
// visit is in another, and one that hangs takes nobody with it. How many run at one time is
// for who calls.
type Player struct {
	path  string
	shots *shots
	look  time.Duration // how long a last picture may take
}

var _ probe.Player = (*Player)(nil)

// New returns a Player, or what it lacks.
func New(o Options) (*Player, error) {
	if o.Most < 0 {
		return nil, fmt.Errorf("%d pictures: must not be negative (fix: write 0 for %d)", o.Most, DefaultShots)
	}
	if o.Most == 0 {
		o.Most = DefaultShots
	}
	path := o.Browser
	if path == "" {
		found, err := Find()
		if err != nil {
			return nil, err
		}
		path = found
	} else if _, err := exec.LookPath(path); err != nil {
		return nil, fmt.Errorf("there is no browser at %s (fix: install chromium, or leave it out)", path)
	}
	return &Player{path: path, shots: &shots{folder: o.Shots, most: o.Most}, look: lookFor}, nil
}

// Check reports what keeps a recording from being played.
func (p *Player) Check(recording string) error {
	flow, problems := Parse("the recording", []byte(recording))
	if flow == nil {
		return problems.Err()
	}
	return nil
}

// Play plays a recording in the time of ctx.
func (p *Player) Play(ctx context.Context, target, recording string) (played probe.Played) {
	flow, problems := Parse("the recording", []byte(recording))
	if flow == nil {
		return couldNot(problems.Err())
	}
	c, err := start(ctx, p.path)
	if err != nil {
		return couldNot(err)
	}
	defer c.close()
	v, err := c.visit(ctx, flow)
	if err != nil {
		return couldNot(fmt.Errorf("the browser does not begin: %w", err))
	}
	for i := range flow.Steps {
		s := &flow.Steps[i]
		if s.Type == CustomStep {
			continue
		}
		began := time.Now()
		status, err := v.step(ctx, s)
		one := probe.StepResult{Name: s.label(), Status: status, Wait: time.Since(began)}
		played.Steps = append(played.Steps, one)
		played.Wait += one.Wait
		if err == nil {
			continue
		}
		played.Cause, played.Failed, played.Why = experience.ServerError, one.Name, one.Name+": "+err.Error()
		var own *trouble
		switch {
		case errors.Is(err, errOurs), errors.Is(err, errGone):
			return couldNot(err)
		case errors.As(err, &own):
			played.Cause = own.cause
		}
		played.Shot, err = p.shoot(ctx, v, target, i+1)
		if err != nil {
			played.Why += " (no picture: " + err.Error() + ")"
		}
		return played
	}
	return played
}

// couldNot is a visit that says nothing of its target.
func couldNot(err error) probe.Played {
	return probe.Played{Unknown: true, Why: "this machine could not probe: " + err.Error()}
}

// visit begins a visit in the page that the browser opened with.
func (c *chromium) visit(ctx context.Context, flow *Flow) (*visit, error) {
	v := &visit{chromium: c, flow: flow, pages: map[string]*page{}}
	var err error
	if v.agent, err = c.agent(ctx); err != nil {
		return nil, err
	}
	if v.main, err = v.other(ctx, "about:blank"); err != nil {
		return nil, err
	}
	return v, nil
}

// shoot keeps a picture of the page as a person sees it. The time of the target is over by
// then, perhaps.
func (p *Player) shoot(ctx context.Context, v *visit, target string, step int) (string, error) {
	if p.shots.folder == "" {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.look)
	defer cancel()
	var shot struct {
		Data []byte `json:"data"`
	}
	tick := time.NewTicker(again)
	defer tick.Stop()
	for { // while one page gives way to another there is nothing to see
		err := v.main.ask(ctx, "Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
		if err == nil {
			return p.shots.keep(target, step, shot.Data)
		}
		select {
		case <-ctx.Done():
			return "", err
		case <-tick.C:
		}
	}
}

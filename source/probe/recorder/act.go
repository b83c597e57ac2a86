package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/honderd/honderd/experience"
)

// again is how often is looked whether something is there.
const again = 50 * time.Millisecond

// visit is a recording that is played.
type visit struct {
	*chromium
	flow  *Flow
	agent string
	main  *page
	pages map[string]*page // by target of the browser
}

// step plays one step within its timeout. It returns the status of what the page shows.
func (v *visit) step(ctx context.Context, s *Step) (status int, err error) {
	limit := v.flow.timeout(s)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &trouble{experience.TimedOut, fmt.Sprintf("it took longer than %v", limit)})
	defer cancel()
	p, frame, err := v.place(ctx, s)
	if err != nil {
		return 0, why(ctx, err)
	}
	p.mu.Lock()
	p.status = 0
	went, within := p.went, p.within
	p.mu.Unlock()
	if err = v.act(ctx, p, frame, s); err == nil && len(s.Asserted) > 0 {
		err = p.arrive(ctx, went, within)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if status = p.status; status >= 400 { // whatever broke on it
		rules := experience.Rules{Bad: []int{status}}
		err = &trouble{rules.Judge(status, -1), fmt.Sprintf("the page answered with status %d", status)}
	}
	return status, why(ctx, err)
}

// why returns what a step broke on: time that was up is said as such.
func why(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var own *trouble
	if ctx.Err() == nil || errors.As(err, &own) && own.cause == experience.TimedOut {
		return err
	}
	cause := context.Cause(ctx)
	if errors.As(cause, &own) {
		return cause
	}
	return &trouble{experience.TimedOut, "time was up"}
}

// arrive waits until the page went elsewhere and is there.
func (p *page) arrive(ctx context.Context, went, within int) error {
	err := p.until(ctx, func() bool { return p.went > went || p.within > within })
	if err != nil {
		return err
	}
	frame := p.target
	return p.until(ctx, func() bool {
		return p.within > within && p.went == went || p.there && p.contexts[frame] != 0
	})
}

// place returns the page and the frame of a step.
func (v *visit) place(ctx context.Context, s *Step) (*page, string, error) {
	p := v.main
	if s.Target != "" && s.Target != "main" {
		var err error
		if p, err = v.other(ctx, s.Target); err != nil {
			return nil, "", err
		}
	}
	frame, err := p.frame(ctx, s.Frame)
	return p, frame, err
}

// other waits for the page at an address, such as one that opened.
func (v *visit) other(ctx context.Context, address string) (*page, error) {
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		var list struct {
			Targets []struct {
				ID   string `json:"targetId"`
				Type string `json:"type"`
				URL  string `json:"url"`
			} `json:"targetInfos"`
		}
		if err := v.call(ctx, "", "Target.getTargets", nil, &list); err != nil {
			return nil, err
		}
		for _, t := range list.Targets {
			if t.Type != "page" || t.URL != address {
				continue
			}
			if v.pages[t.ID] == nil {
				p, err := v.attach(ctx, t.ID, v.agent)
				if err != nil {
					return nil, err
				}
				v.pages[t.ID] = p
			}
			return v.pages[t.ID], nil
		}
		select {
		case <-ctx.Done():
			return nil, &trouble{experience.TimedOut, fmt.Sprintf("no page %.120q opened", address)}
		case <-tick.C:
		}
	}
}

// act does what a step says.
func (v *visit) act(ctx context.Context, p *page, frame string, s *Step) error {
	switch s.Type {
	case Navigate:
		return p.navigate(ctx, s.URL)
	case Click, DoubleClick:
		return p.click(ctx, frame, s)
	case Hover:
		_, at, err := p.element(ctx, frame, s)
		if err != nil {
			return err
		}
		return p.mouse(ctx, "mouseMoved", at, s, 0)
	case Change:
		return p.change(ctx, frame, s)
	case KeyDown, KeyUp:
		return p.press(ctx, s)
	case Scroll:
		return p.scroll(ctx, frame, s)
	case SetViewport:
		return p.resize(ctx, s)
	case WaitForElement:
		return p.await(ctx, frame, s)
	case WaitForExpression:
		return p.expression(ctx, frame, s)
	case EmulateNetworkConditions:
		return p.ask(ctx, "Network.emulateNetworkConditions", map[string]any{
			"offline": s.Download == 0 && s.Upload == 0, "latency": s.Latency, "downloadThroughput": s.Download, "uploadThroughput": s.Upload,
		}, nil)
	case Close:
		return p.call(ctx, "", "Target.closeTarget", map[string]any{"targetId": p.target}, nil)
	}
	return nil
}

// navigate goes to an address and waits until it is there.
func (p *page) navigate(ctx context.Context, address string) error {
	p.mu.Lock()
	went, within := p.went, p.within
	p.mu.Unlock()
	var went2 struct {
		Loader string `json:"loaderId"`
		Error  string `json:"errorText"`
	}
	if err := p.ask(ctx, "Page.navigate", map[string]any{"url": address}, &went2); err != nil {
		return err
	}
	if went2.Error != "" {
		return refused(went2.Error)
	}
	return p.arrive(ctx, went, within)
}

// errOurs is why a visit says nothing of its target.
var errOurs = errors.New("this machine could not probe")

// refused says why a page could not be opened.
func refused(text string) error {
	switch {
	case strings.Contains(text, "INTERNET_DISCONNECTED"), strings.Contains(text, "NETWORK_CHANGED"), strings.Contains(text, "INSUFFICIENT_RESOURCES"), strings.Contains(text, "NETWORK_ACCESS_DENIED"):
		return fmt.Errorf("%w: %s", errOurs, text)
	case strings.Contains(text, "TIMED_OUT"):
		return &trouble{experience.TimedOut, "the page cannot be opened: " + text}
	case strings.Contains(text, "ABORTED"):
		return bad("the page was not opened: %s", text)
	}
	return &trouble{experience.Unreachable, "the page cannot be opened: " + text}
}

// point is a place on a page.
type point struct{ x, y float64 }

// element waits until a person could use the element of s, and returns it and where it is.
func (p *page) element(ctx context.Context, frame string, s *Step) (element string, at point, err error) {
	tick := time.NewTicker(again)
	defer tick.Stop()
	last, trouble1 := "", "there is no such element"
	for {
		elements, err := p.find(ctx, frame, s.Selectors)
		if err != nil && (ctx.Err() != nil || errors.Is(err, errGone)) {
			return "", at, p.missing(ctx, s, trouble1)
		}
		if err == nil && len(elements) > 0 { // while a page changes, asking it fails
			var box string
			box, trouble1 = p.box(ctx, elements[0])
			if box != "" && box == last {
				at, err = p.middle(ctx, elements[0], s)
				if err == nil {
					return elements[0], at, nil
				}
			}
			last = box
		}
		select {
		case <-ctx.Done():
			return "", at, p.missing(ctx, s, trouble1)
		case <-tick.C:
		}
	}
}

func (p *page) missing(ctx context.Context, s *Step, reason string) error {
	if ctx.Err() == nil {
		return errGone
	}
	return &trouble{experience.TimedOut, fmt.Sprintf("%s: %s, and time was up", s.element(), reason)}
}

// box returns where an element is, or why a person could not use it.
func (p *page) box(ctx context.Context, element string) (box, reason string) {
	_ = p.ask(ctx, "DOM.scrollIntoViewIfNeeded", map[string]any{"objectId": element}, nil) // one that cannot be seen refuses
	r, err := p.on(ctx, element, readyScript, true)
	var said string
	if err != nil || json.Unmarshal(r.Value, &said) != nil {
		return "", "it is gone"
	}
	if strings.HasPrefix(said, "it ") {
		return "", said
	}
	return said, "it does not stand still"
}

// middle returns where on the page a person would click an element.
func (p *page) middle(ctx context.Context, element string, s *Step) (at point, err error) {
	var shape struct {
		Quads [][]float64 `json:"quads"`
	}
	if err := p.ask(ctx, "DOM.getContentQuads", map[string]any{"objectId": element}, &shape); err != nil {
		return at, err
	}
	for _, q := range shape.Quads {
		if len(q) != 8 {
			continue
		}
		at = point{(q[0] + q[2] + q[4] + q[6]) / 4, (q[1] + q[3] + q[5] + q[7]) / 4}
		if s.OffsetX != nil && s.OffsetY != nil {
			at = point{q[0] + *s.OffsetX, q[1] + *s.OffsetY}
		}
		return at, nil
	}
	return at, bad("it has no place on the page")
}

func (p *page) mouse(ctx context.Context, what string, at point, s *Step, count int) error {
	button := map[string]string{"": "left", "primary": "left", "auxiliary": "middle", "secondary": "right", "back": "back", "forward": "forward"}[s.Button]
	pointer := "mouse"
	if s.Device == "pen" {
		pointer = "pen"
	}
	params := map[string]any{"type": what, "x": at.x, "y": at.y, "modifiers": p.held, "pointerType": pointer}
	if count > 0 {
		params["button"], params["clickCount"] = button, count
	}
	return p.ask(ctx, "Input.dispatchMouseEvent", params, nil)
}

// click clicks once or twice, with a mouse, a pen or a finger.
func (p *page) click(ctx context.Context, frame string, s *Step) error {
	_, at, err := p.element(ctx, frame, s)
	if err != nil {
		return err
	}
	count := 1
	if s.Type == DoubleClick {
		count = 2
	}
	if s.Device == "touch" {
		for range count {
			if err := p.ask(ctx, "Input.dispatchTouchEvent", map[string]any{"type": "touchStart", "touchPoints": []any{map[string]any{"x": at.x, "y": at.y}}}, nil); err != nil {
				return err
			}
			if err := p.ask(ctx, "Input.dispatchTouchEvent", map[string]any{"type": "touchEnd", "touchPoints": []any{}}, nil); err != nil {
				return err
			}
		}
		return nil
	}
	if err := p.mouse(ctx, "mouseMoved", at, s, 0); err != nil {
		return err
	}
	for n := 1; n <= count; n++ {
		if err := p.mouse(ctx, "mousePressed", at, s, n); err != nil {
			return err
		}
		if s.Duration > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(s.Duration * float64(time.Millisecond))):
			}
		}
		if err := p.mouse(ctx, "mouseReleased", at, s, n); err != nil {
			return err
		}
	}
	return nil
}

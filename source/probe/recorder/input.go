package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/honderd/honderd/experience"
)

// change writes a value in an element.
func (p *page) change(ctx context.Context, frame string, s *Step) error {
	element, _, err := p.element(ctx, frame, s)
	if err != nil {
		return err
	}
	r, err := p.on(ctx, element, fillScript, true, s.Value)
	if err != nil {
		return err
	}
	var how string
	if err := json.Unmarshal(r.Value, &how); err != nil {
		return err
	}
	switch how {
	case "":
		return nil
	case "type":
	default:
		return bad("%s: %s", s.element(), how)
	}
	if err := p.ask(ctx, "Input.insertText", map[string]any{"text": s.Value}, nil); err != nil {
		return err
	}
	_, err = p.on(ctx, element, `function () { this.dispatchEvent(new Event('change', { bubbles: true })) }`, true)
	return err
}

// press holds a key down, or lets it go.
func (p *page) press(ctx context.Context, s *Step) error {
	k := keyOf(s.Key)
	what := "keyUp"
	if s.Type == KeyDown {
		what = "rawKeyDown"
		p.held |= k.modifier
		if k.text != "" && p.held&(alt|control|meta) == 0 {
			what = "keyDown"
		}
	} else {
		p.held &^= k.modifier
	}
	params := map[string]any{"type": what, "key": k.key, "code": k.code, "windowsVirtualKeyCode": k.number, "modifiers": p.held}
	if what == "keyDown" {
		params["text"], params["unmodifiedText"] = k.text, k.text
	}
	return p.ask(ctx, "Input.dispatchKeyEvent", params, nil)
}

// scroll scrolls the page, or an element of it.
func (p *page) scroll(ctx context.Context, frame string, s *Step) error {
	if len(s.Selectors) == 0 {
		_, err := p.eval(ctx, frame, fmt.Sprintf("window.scroll(%g, %g)", s.X, s.Y), true)
		return err
	}
	element, _, err := p.element(ctx, frame, s)
	if err != nil {
		return err
	}
	_, err = p.on(ctx, element, `function (x, y) { this.scrollLeft = x; this.scrollTop = y }`, true, s.X, s.Y)
	return err
}

// resize makes the page look as on a device.
func (p *page) resize(ctx context.Context, s *Step) error {
	scale, turned := s.Scale, map[string]any{"type": "portraitPrimary", "angle": 0}
	if s.Landscape {
		turned = map[string]any{"type": "landscapePrimary", "angle": 90}
	}
	err := p.ask(ctx, "Emulation.setDeviceMetricsOverride", map[string]any{
		"width": s.Width, "height": s.Height, "deviceScaleFactor": scale, "mobile": s.Mobile, "screenOrientation": turned,
	}, nil)
	return errors.Join(err, p.ask(ctx, "Emulation.setTouchEmulationEnabled", map[string]any{"enabled": s.Touch}, nil))
}

// fits checks attributes and properties of elements.
const fits = `function (properties, attributes, ...elements) {
  const same = (a, b) => {
    if (a === b) return true;
    if (!(a instanceof Object) || !(b instanceof Object)) return false;
    return Object.entries(a).every(([key, value]) => same(value, b[key]));
  };
  return elements.every((e) =>
    Object.entries(attributes || {}).every(([name, value]) => e.getAttribute(name) === value) && same(properties || {}, e));
}`

// await waits until there are as many elements as s says, or, when visible is false, until
// there are not.
func (p *page) await(ctx context.Context, frame string, s *Step) error {
	tick := time.NewTicker(again)
	defer tick.Stop()
	count, visible, n := 1, true, 0
	if s.Count != nil {
		count = *s.Count
	}
	if s.Visible != nil {
		visible = *s.Visible
	}
	for {
		elements, err := p.find(ctx, frame, s.Selectors)
		if err == nil {
			n = len(elements)
			ok := n >= count
			switch s.Operator {
			case "==":
				ok = n == count
			case "<=":
				ok = n <= count
			}
			if ok && n > 0 && len(s.Properties)+len(s.Attributes) > 0 {
				ok = p.fit(ctx, s, elements)
			}
			if ok == visible {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return &trouble{experience.TimedOut, fmt.Sprintf("%s: there are %d such elements, and time was up", s.element(), n)}
		case <-p.gone:
			return errGone
		case <-tick.C:
		}
	}
}

func (p *page) fit(ctx context.Context, s *Step, elements []string) bool {
	arguments := []any{s.Properties, s.Attributes}
	for _, element := range elements {
		arguments = append(arguments, remote{ID: element})
	}
	r, err := p.on(ctx, elements[0], fits, true, arguments...)
	return err == nil && string(r.Value) == "true"
}

// expression waits until an expression is true.
func (p *page) expression(ctx context.Context, frame string, s *Step) error {
	tick := time.NewTicker(again)
	defer tick.Stop()
	reason := "it is not true"
	for {
		r, err := p.eval(ctx, frame, "(async () => Boolean(await ("+s.Expression+")))()", true)
		if err == nil && string(r.Value) == "true" {
			return nil
		}
		if err != nil && ctx.Err() == nil {
			reason = err.Error()
		}
		select {
		case <-ctx.Done():
			return &trouble{experience.TimedOut, fmt.Sprintf("the expression %.80q: %.160s, and time was up", s.Expression, reason)}
		case <-p.gone:
			return errGone
		case <-tick.C:
		}
	}
}

package recorder

import (
	"context"
	_ "embed" // for the scripts
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
)

//go:embed find.js
var findScript string

//go:embed ready.js
var readyScript string

//go:embed fill.js
var fillScript string

// trouble is why a step is bad.
type trouble struct {
	cause experience.Cause
	why   string
}

// Error says why.
func (t *trouble) Error() string { return t.why }

func bad(format string, values ...any) error {
	return &trouble{experience.ServerError, fmt.Sprintf(format, values...)}
}

// page is one page of a browser.
type page struct {
	*chromium
	session, target string

	mu       sync.Mutex
	changed  chan struct{}  // closed when something happens
	contexts map[string]int // by frame: where its scripts run
	went     int            // how often it went elsewhere
	there    bool           // it is loaded: of several pages that lead on at once, only the last is
	within   int            // how often it went elsewhere without loading
	status   int            // of HTTP, of what it shows
	crashed  bool
	held     int // modifiers that are held down
}

// attach follows a target of the browser.
func (c *chromium) attach(ctx context.Context, target, agent string) (*page, error) {
	p := &page{chromium: c, target: target, changed: make(chan struct{}), contexts: map[string]int{}}
	var attached struct {
		Session string `json:"sessionId"`
	}
	if err := c.call(ctx, "", "Target.attachToTarget", map[string]any{"targetId": target, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	p.session = attached.Session
	c.listen(p.session, p.hear)
	for _, one := range []struct {
		method string
		params any
	}{
		{"Page.enable", nil}, {"Runtime.enable", nil}, {"Network.enable", nil}, {"Inspector.enable", nil}, {"DOM.enable", nil},
		{"Network.setUserAgentOverride", map[string]any{"userAgent": agent}},
	} {
		if err := p.ask(ctx, one.method, one.params, nil); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// ask asks the page.
func (p *page) ask(ctx context.Context, method string, params, result any) error {
	return p.call(ctx, p.session, method, params, result)
}

// event is what is needed of the events of a page.
type event struct {
	Context struct {
		ID  int `json:"id"`
		Aux struct {
			Frame   string `json:"frameId"`
			Default bool   `json:"isDefault"`
		} `json:"auxData"`
	} `json:"context"`
	Frame    json.RawMessage `json:"frame"`
	FrameID  string          `json:"frameId"`
	Type     string          `json:"type"`
	Response struct {
		Status int `json:"status"`
	} `json:"response"`
	Gone int `json:"executionContextId"`
}

// hear notes what happens to the page.
func (p *page) hear(method string, params json.RawMessage) {
	var e event
	if json.Unmarshal(params, &e) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch method {
	case "Runtime.executionContextCreated":
		if e.Context.Aux.Default {
			p.contexts[e.Context.Aux.Frame] = e.Context.ID
		}
	case "Runtime.executionContextDestroyed":
		for frame, id := range p.contexts {
			if id == e.Gone {
				delete(p.contexts, frame)
			}
		}
	case "Runtime.executionContextsCleared":
		clear(p.contexts)
	case "Page.frameNavigated":
		var frame struct {
			Parent string `json:"parentId"`
		}
		if json.Unmarshal(e.Frame, &frame) == nil && frame.Parent == "" {
			p.went, p.there = p.went+1, false
		}
	case "Page.loadEventFired":
		p.there = true
	case "Page.navigatedWithinDocument":
		p.within++
	case "Network.responseReceived":
		if e.Type == "Document" && e.FrameID == p.target {
			p.status = e.Response.Status
		}
	case "Inspector.targetCrashed":
		p.crashed = true
	case "Page.javascriptDialogOpening": // a person would say yes; the answer to this is not awaited
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = p.ask(ctx, "Page.handleJavaScriptDialog", map[string]any{"accept": true}, nil)
		}()
	default:
		return
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// until waits until holds says so; it is asked again whenever something happens.
func (p *page) until(ctx context.Context, holds func() bool) error {
	for {
		p.mu.Lock()
		ok, crashed, changed := holds(), p.crashed, p.changed
		p.mu.Unlock()
		switch {
		case ok:
			return nil
		case crashed:
			return bad("the page crashed")
		}
		select {
		case <-changed:
		case <-p.gone:
			return errGone
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// frame returns the frame that path leads to.
func (p *page) frame(ctx context.Context, path []int) (string, error) {
	if len(path) == 0 {
		return p.target, nil
	}
	type tree struct {
		Frame struct {
			ID string `json:"id"`
		} `json:"frame"`
		Children []json.RawMessage `json:"childFrames"`
	}
	var whole struct {
		Tree tree `json:"frameTree"`
	}
	if err := p.ask(ctx, "Page.getFrameTree", nil, &whole); err != nil {
		return "", err
	}
	at := whole.Tree
	for _, i := range path {
		if i >= len(at.Children) {
			return "", bad("the page has no frame %v", path)
		}
		var next tree
		if err := json.Unmarshal(at.Children[i], &next); err != nil {
			return "", err
		}
		at = next
	}
	return at.Frame.ID, nil
}

// remote is a value in the page.
type remote struct {
	ID    string          `json:"objectId"`
	Value json.RawMessage `json:"value"`
	Type  string          `json:"type"`
}

// ran is what a script did.
type ran struct {
	Result remote `json:"result"`
	Thrown *struct {
		Text      string `json:"text"`
		Exception struct {
			Description string `json:"description"`
		} `json:"exception"`
	} `json:"exceptionDetails"`
}

func (r *ran) err() error {
	if r.Thrown == nil {
		return nil
	}
	line, _, _ := strings.Cut(r.Thrown.Exception.Description, "\n")
	return bad("a script failed: %.120s %.120s", r.Thrown.Text, line)
}

// eval runs an expression in a frame.
func (p *page) eval(ctx context.Context, frame, expression string, byValue bool) (remote, error) {
	var id int
	err := p.until(ctx, func() bool { id = p.contexts[frame]; return id != 0 })
	if err != nil {
		return remote{}, err
	}
	var r ran
	err = p.ask(ctx, "Runtime.evaluate", map[string]any{
		"expression": expression, "contextId": id, "awaitPromise": true, "returnByValue": byValue, "userGesture": true,
	}, &r)
	return r.Result, errors.Join(err, r.err())
}

// on calls a function on an element with arguments.
func (p *page) on(ctx context.Context, element, function string, byValue bool, arguments ...any) (remote, error) {
	list := make([]any, 0, len(arguments))
	for _, a := range arguments {
		if r, ok := a.(remote); ok {
			list = append(list, map[string]any{"objectId": r.ID})
		} else {
			list = append(list, map[string]any{"value": a})
		}
	}
	var r ran
	err := p.ask(ctx, "Runtime.callFunctionOn", map[string]any{
		"objectId": element, "functionDeclaration": function, "arguments": list, "returnByValue": byValue, "userGesture": true,
	}, &r)
	return r.Result, errors.Join(err, r.err())
}

// find returns the elements that the first of selectors leads to which leads anywhere.
func (p *page) find(ctx context.Context, frame string, selectors []Selector) (elements []string, err error) {
	document, err := p.eval(ctx, frame, "document", false)
	if err != nil {
		return nil, err
	}
	for _, selector := range selectors {
		elements = []string{document.ID}
		for _, part := range selector {
			var next []string
			for _, element := range elements {
				found, err := p.part(ctx, element, part)
				if err != nil {
					return nil, err
				}
				next = append(next, found...)
			}
			elements = next[:min(len(next), maxSelectors)]
		}
		if len(elements) > 0 {
			return elements, nil
		}
	}
	return nil, nil
}

// part returns what one part of a selector leads to in an element.
func (p *page) part(ctx context.Context, element, part string) (found []string, err error) {
	if name, ok := strings.CutPrefix(part, "aria/"); ok {
		return p.accessible(ctx, element, name)
	}
	list, err := p.on(ctx, element, findScript, false, part)
	if err != nil {
		return nil, err
	}
	var properties struct {
		Result []struct {
			Name  string `json:"name"`
			Value remote `json:"value"`
		} `json:"result"`
	}
	if err := p.ask(ctx, "Runtime.getProperties", map[string]any{"objectId": list.ID, "ownProperties": true}, &properties); err != nil {
		return nil, err
	}
	for _, one := range properties.Result {
		if one.Value.ID != "" && strings.Trim(one.Name, "0123456789") == "" {
			found = append(found, one.Value.ID)
		}
	}
	return found, nil
}

// accessible returns the elements that have a name, and perhaps a role, for people who
// cannot see: Name[role="button"].
func (p *page) accessible(ctx context.Context, element, name string) (found []string, err error) {
	params := map[string]any{"objectId": element}
	attribute := regexp.MustCompile(`\[\s*(name|role)\s*=\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')\s*\]`)
	for _, m := range attribute.FindAllStringSubmatch(name, -1) {
		params[map[string]string{"name": "accessibleName", "role": "role"}[m[1]]] = regexp.MustCompile(`\\(.)`).ReplaceAllString(m[2]+m[3], "$1")
	}
	if bare := strings.Join(strings.Fields(attribute.ReplaceAllString(name, "")), " "); bare != "" {
		params["accessibleName"] = bare
	}
	var tree struct {
		Nodes []struct {
			Ignored bool `json:"ignored"`
			Role    struct {
				Value string `json:"value"`
			} `json:"role"`
			Node int `json:"backendDOMNodeId"`
		} `json:"nodes"`
	}
	if err := p.ask(ctx, "Accessibility.queryAXTree", params, &tree); err != nil {
		return nil, err
	}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role.Value == "StaticText" || n.Role.Value == "InlineTextBox" || n.Node == 0 || len(found) == maxSelectors {
			continue
		}
		var resolved struct {
			Object remote `json:"object"`
		}
		if err := p.ask(ctx, "DOM.resolveNode", map[string]any{"backendNodeId": n.Node}, &resolved); err == nil && resolved.Object.ID != "" {
			found = append(found, resolved.Object.ID)
		}
	}
	return found, nil
}

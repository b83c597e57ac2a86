package accesslog

import (
	"bytes"
	"strings"

	"github.com/honderd/honderd/internal/route"
)

// part says whether a path is a part of a page, and whether anybody would miss it.
type part struct{ part, noticed bool }

// learnParts asks the rules about each ending that they name once, instead of for each
// line.
func (p *Parser) learnParts() {
	p.endings, p.unseen = map[string]part{}, map[string]struct{}{}
	for _, ending := range p.o.Rules.Parts {
		ending = strings.ToLower(ending)
		var a part
		a.part, a.noticed = p.o.Rules.IsPart("/a." + ending)
		p.endings[ending] = a
	}
	for _, name := range p.o.Rules.Unseen {
		p.unseen[name] = struct{}{}
	}
}

// partOf is Rules.IsPart from what learnParts learned.
func (p *Parser) partOf(path []byte) part {
	dot := -1
	for i := len(path) - 1; i >= 0 && i >= len(path)-route.MaxEnding; i-- {
		if path[i] == '/' {
			break
		}
		if path[i] == '.' {
			dot = i
			break
		}
	}
	if dot < 0 {
		return part{noticed: true}
	}
	if _, ok := p.unseen[string(path[bytes.LastIndexByte(path, '/')+1:])]; ok {
		return part{part: true}
	}
	var low [route.MaxEnding]byte
	n := copy(low[:], path[dot+1:])
	for i, c := range low[:n] {
		if c >= 'A' && c <= 'Z' {
			low[i] = c + 'a' - 'A'
		}
	}
	if a, ok := p.endings[string(low[:n])]; ok {
		return a
	}
	return part{noticed: true}
}

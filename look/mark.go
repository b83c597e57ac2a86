package look

import "html/template"

// Wordmark returns our name, drawn: one line of one width, and the o is the ring of a
// hundred.
func Wordmark() template.HTML {
	return `<svg class="wordmark" role="img" viewBox="0 0 168 36" aria-label="Honderd"><title>Honderd</title>` +
		`<g class="letters"><path d="M3 3V32M3 22a9 9 0 0 1 18 0V32"/>` +
		`<path d="M56 13V32M56 22a9 9 0 0 1 18 0V32"/>` +
		`<circle cx="90.5" cy="22" r="9"/><path d="M99.5 3V32"/>` +
		`<path d="M107.5 22.5h17.5a9 9 0 1 0-2.8 6"/>` +
		`<path d="M133 13V32M133 21a8.5 8.5 0 0 1 8-8"/>` +
		`<circle cx="154" cy="22" r="9"/><path d="M163 3V32"/></g>` +
		`<circle class="ring" cx="38.5" cy="22" r="9"/><circle class="dot" cx="38.5" cy="22" r="3"/></svg>`
}

// Wordmark returns our name, drawn, for parts of pages.
func (Reader) Wordmark() template.HTML { return Wordmark() }

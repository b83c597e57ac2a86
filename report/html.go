package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

//go:embed page.html
var source string

var page = template.Must(look.Parts().New("page").Parse(source))

// sheet is what the page shows.
type sheet struct {
	R          look.Reader
	A          view.Answer
	Stylesheet template.CSS
	Hours      []look.Hour
	Windows    []look.Window
	Latest     int // how many bad experiences are listed
}

// HTML writes a as one page that needs nothing else: no script, no other file, no
// network.
func HTML(w io.Writer, a view.Answer, o Options) error {
	err := page.ExecuteTemplate(w, "page", sheet{
		R:          look.For(o.Tongue, o.Zone),
		A:          a,
		Stylesheet: look.Stylesheet(),
		Hours:      hours(a),
		Windows:    windows(a.Windows),
		Latest:     8,
	})
	if err != nil {
		return fmt.Errorf("write report as HTML: %w", err)
	}
	return nil
}

package config

import (
	_ "embed" // for dependenciesSource
	"errors"
)

//go:embed dependencies.go
var dependenciesSource string // the comments in it describe the keys

// Dependency is somebody on whom we depend. Exactly one of statuspage and feed is written.
type Dependency struct {
	// Name is how it is called. It must be written.
	Name string `yaml:"name" is:"dependency,required"`

	// Statuspage is the address of its status page, of Atlassian's kind.
	Statuspage string `yaml:"statuspage" is:"url"`

	// Feed is the address of its feed, RSS or Atom.
	Feed string `yaml:"feed" is:"url"`
}

// validate reports what no single key of d can show.
func (d Dependency) validate() error {
	if (d.Statuspage == "") == (d.Feed == "") {
		return errors.New("it must say where to ask, once (fix: write statuspage or feed)")
	}
	return nil
}

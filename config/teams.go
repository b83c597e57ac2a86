package config

import (
	_ "embed" // for teamsSource
	"errors"
)

//go:embed teams.go
var teamsSource string // the comments in it describe the keys

// Team is some people, and what is theirs.
type Team struct {
	// Name is how the team is called, as owners are written. It must be written.
	Name string `yaml:"name" is:"team,required"`

	// People are the names of the accounts that are in it.
	People []string `yaml:"people" is:"text"`

	// Journeys are what people come to do that is theirs, such as /checkout.
	Journeys []string `yaml:"journeys" is:"text"`

	// Services are those that are theirs, beside those whose owner they are said to be.
	Services []string `yaml:"services" is:"service"`
}

// validate reports what no single key of t can show.
func (t Team) validate() error {
	if len(t.Journeys)+len(t.Services) == 0 {
		return errors.New("nothing is theirs (fix: write journeys or services)")
	}
	return nil
}

// Package promise holds what is committed to, and how it is judged: the service level
// agreement as it is written on paper, and how fast an error budget burns.
package promise

// PaperDown returns how many minutes count as down on a paper that counts only periods of
// at least so many bad minutes on end.
//
// Source: Google Apps Service Level Agreement (2011): ten consecutive minutes.
func PaperDown(bad []bool, least int) int {
	down, run := 0, 0
	for i := 0; i <= len(bad); i++ {
		if i < len(bad) && bad[i] {
			run++
			continue
		}
		if run >= least {
			down += run
		}
		run = 0
	}
	return down
}

// Burn returns how many times as fast as it may the error budget of an objective is used
// up: the share that was bad, over the share that may be.
//
// Source: Beyer et al., The Site Reliability Workbook (2018), chapter 5.
func Burn(bad, objective float64) float64 { return bad / (1 - objective) }

// PageBurn is the burn at which somebody is woken: 2% of the budget of 30 days in an hour.
//
// Source: Beyer et al., The Site Reliability Workbook (2018), table 5-8.
const PageBurn = 14.4

// Pages reports whether somebody is woken: the budget burns fast over an hour, and still
// does in the last five minutes. The shares that were bad are given for both.
func Pages(hour, fiveMinutes, objective float64) bool {
	return Burn(hour, objective) > PageBurn && Burn(fiveMinutes, objective) > PageBurn
}

package worst

// Support is what a window needs in order to count: a lonely visitor at night is no
// outage of everybody.
type Support struct {
	// Time is the least person-time in milliseconds. Below 1 it is 1: a window with
	// nobody in it never counts.
	Time int64
	// Enough reports whether enough people were there in the minutes from one on; nil
	// if that does not matter. It is asked only about windows that would be the worst.
	// A window around one with enough people must have enough people too.
	Enough func(from, minutes int) bool
}

// time returns the least person-time.
func (p Support) time() int64 { return max(1, p.Time) }

// enough reports whether enough people were there.
func (p Support) enough(from, minutes int) bool { return p.Enough == nil || p.Enough(from, minutes) }

const (
	leastTime   = int64(60_000) // milliseconds: one person for a minute
	leastShare  = int64(100)    // at least 1/100 of the median of that length
	medianLooks = 8192          // windows that the median is taken of
	shareLooks  = 4096          // windows that the share without support is taken of
)

// LeastTime returns the person-time in milliseconds below which a window of so many
// minutes does not count: a minute, or a hundredth of the median window if that is more.
func (s *Series) LeastTime(minutes int) int64 {
	return max(leastTime, s.Median(minutes)/leastShare)
}

// Median returns the median person-time, in milliseconds, of the windows of so many
// minutes in which anybody was; 0 if there is none. Of more than 8192 windows it looks
// at as many at most, evenly spread.
func (s *Series) Median(minutes int) int64 {
	windows := s.windows(minutes)
	step := medianStep(windows)
	times := make([]int64, 0, windows/step+1)
	for i := 0; i < windows; i += step {
		if all := s.at(i+minutes).all - s.at(i).all; all > 0 {
			times = append(times, all)
		}
	}
	if len(times) == 0 {
		return 0
	}
	return nth(times, len(times)/2)
}

// Skipped returns how many windows of so many minutes had anybody but no support, and
// how many had anybody. Of more than 4096 windows it looks at as many at most, evenly
// spread over the period and over the hours of the day and the week.
func (s *Series) Skipped(minutes int, need Support) (skipped, of int) {
	windows := s.windows(minutes)
	for i := 0; i < windows; i += stride(windows) {
		all := s.at(i+minutes).all - s.at(i).all
		if all <= 0 {
			continue
		}
		of++
		if all < need.time() || !need.enough(i, minutes) {
			skipped++
		}
	}
	return skipped, of
}

// windows returns how many windows of so many minutes there are.
func (s *Series) windows(minutes int) int {
	if minutes < 1 {
		return 0
	}
	return max(0, s.n+1-minutes)
}

// stride returns every how many windows to look at one. It has no factor in common with
// the minutes of a week, 2^5·3^2·5·7: else it would always look at the same hours.
func stride(windows int) int {
	step := max(1, (windows+shareLooks-1)/shareLooks)
	for step > 1 && (step%2 == 0 || step%3 == 0 || step%5 == 0 || step%7 == 0) {
		step++
	}
	return step
}

// nth returns the number that would be at place n if list were in order, which it
// changes.
//
// Source: Hoare, Algorithm 65: find, Communications of the ACM 4 (1961).
func nth(list []int64, n int) int64 {
	low, high := 0, len(list)-1
	for low < high {
		i, j, pivot := low, high, middle(list[low], list[(low+high)/2], list[high])
		for i <= j {
			for list[i] < pivot {
				i++
			}
			for list[j] > pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return list[n]
		}
	}
	return list[low]
}

// middle returns the second largest of three.
func middle(a, b, c int64) int64 { return max(min(a, b), min(max(a, b), c)) }

package main

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"time"
)

const (
	crowd   = 400_000 // people who could come
	present = 1500    // people who are there at one time
)

// generate writes a combined log of a week as a busy shop has it: people who come in
// visits, some of them often, with many browsers, pages with their parts, a few robots,
// an outage. scattered makes every line that of a random person instead: nobody comes
// in visits, which is the worst for caches. It returns how many different people are in
// the log (address and agent) and its length.
func generate(path string, lines int, scattered bool) (people int, size int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	r := rand.New(rand.NewPCG(7, 7))
	agents := browsers(r)
	start := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	seen := map[int]bool{}
	var there [present]int
	for i := range lines {
		at := start.Add(time.Duration(float64(i) / float64(lines) * 7 * 24 * float64(time.Hour)))
		place := r.IntN(present)
		if scattered || i < present || r.IntN(20) == 0 { // somebody leaves, somebody comes
			there[place] = int(math.Pow(r.Float64(), 3) * crowd)
		}
		who := there[place]
		seen[who] = true
		agent := agents[who%len(agents)]
		if r.IntN(50) == 0 {
			agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
		}
		n, err := fmt.Fprintf(w, "%d.%d.%d.%d - - [%s] \"%s HTTP/1.1\" %d %d \"https://shop.example/\" \"%s\"\n",
			11+who>>16&63, who>>8&255, who&255, 1+who%250, at.Format("02/Jan/2006:15:04:05 -0700"), target(r), status(at.Sub(start), r), r.IntN(90_000), agent)
		if err != nil {
			return 0, 0, err
		}
		size += int64(n)
	}
	if err := w.Flush(); err != nil {
		return 0, 0, err
	}
	return len(seen), size, f.Close()
}

// status draws how an answer was; on the fourth day there is an hour of outage.
func status(since time.Duration, r *rand.Rand) int {
	switch hour := since.Hours(); {
	case hour > 92 && hour < 93 && r.IntN(3) > 0:
		return 503
	case r.IntN(2000) == 0:
		return 500
	case r.IntN(40) == 0:
		return 404
	default:
		return 200
	}
}

// target draws what somebody asks for.
func target(r *rand.Rand) string {
	switch r.IntN(10) {
	case 0:
		return fmt.Sprintf("GET /product/%d?ref=list", r.IntN(20_000))
	case 1:
		return fmt.Sprintf("GET /search?q=w%d&page=%d", r.IntN(5000), r.IntN(9))
	case 2:
		return "POST /basket"
	case 3:
		return "GET /"
	case 4, 5:
		return fmt.Sprintf("GET /static/app.%d.js", r.IntN(9))
	default:
		return fmt.Sprintf("GET /img/p/%d.webp", r.IntN(20_000))
	}
}

// browsers draws user agents as browsers have them.
func browsers(r *rand.Rand) []string {
	systems := []string{
		"Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64",
		"Linux; Android 14; SM-S918B", "iPhone; CPU iPhone OS 18_1 like Mac OS X", "iPad; CPU OS 17_6 like Mac OS X",
	}
	var all []string
	for range 3000 {
		all = append(all, fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.%d.%d Safari/537.36",
			systems[r.IntN(len(systems))], 90+r.IntN(60), r.IntN(7000), r.IntN(200)))
	}
	return all
}

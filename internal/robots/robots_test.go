package robots

import (
	"regexp"
	"strings"
	"testing"
)

const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

// check asks about agents of one kind.
func check(t *testing.T, want Kind, agents ...string) {
	t.Helper()
	l := New([]string{"acme-FETCHER", ""}, []string{"acme-watcher"})
	for _, agent := range agents {
		if got := l.Kind([]byte(agent)); got != want {
			t.Errorf("Kind(%q) = %v, want %v", agent, got, want)
		}
	}
}

func TestPersons(t *testing.T) {
	check(t, Person,
		"",
		"-",
		chrome,
		strings.ToUpper(chrome),
		chrome+" Edg/126.0.2592.87",
		chrome+" OPR/111.0.0.0",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/323.0 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (Linux; Android 9; SM-G960F Build/PPR1; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36",
		"Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; WOW64; Trident/5.0)",
		"Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
		"ShopApp/4.2.1 CFNetwork/1496.0.7 Darwin/23.5.0",
		"ShopApp/4.2.1 (iPhone; iOS 17.5; Scale/3.00)",
		"Dalvik/2.1.0 (Linux; U; Android 14; SM-S911B Build/UP1A.231005.007)",
	)
}

func TestRobots(t *testing.T) {
	check(t, Robot,
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
		"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
		"Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
		"curl/7.88.1",
		"Wget/1.21.3",
		"python-requests/2.31.0",
		"Go-http-client/1.1",
		"Apache-HttpClient/4.5.14 (Java/17.0.9)",
		"masscan/1.0 (https://github.com/robertdavidgraham/masscan)",
		"Mozilla/5.0 ACME-Checker-9 (inside)",
		"Mozilla/5.0 (X11; Linux x86_64) Acme-Fetcher Gecko/1 Firefox/1",
	)
}

func TestProbes(t *testing.T) {
	check(t, Probe,
		"Uptime-Kuma/1.23.11",
		"kube-probe/1.29",
		"Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
		"Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
		"Mozilla/5.0 (compatible; PRTG Network Monitor (www.paessler.com); Windows)",
		"Blackbox Exporter/0.25.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/98.0 Safari/537.36 (StatusCake)",
		"Site24x7",
		"Better Uptime Bot Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
		"Checkly/1.0 (https://www.checklyhq.com)",
		chrome+" DatadogSynthetics",
		"GoogleHC/1.0",
		"ELB-HealthChecker/2.0",
		"Amazon-Route53-Health-Check-Service (ref 1234; report http://amzn.to/1vsZADi)",
		"check_http/v2.3.3 (nagios-plugins 2.3.3)",
		"Gatus/1.0",
		"Consul Health Check",
		"Envoy/HC",
		"FreshpingBot/1.0 (+https://freshping.io/)",
		"NodePing",
		"HetrixTools Uptime Monitoring Bot. https://hetrix.tools/uptime-monitoring-bot.html",
		"updown.io daemon 2.11",
		"Zabbix 6.4",
		"Honderd-Probe/1.0",
		"Mozilla/5.0 (X11; Linux x86_64) Acme-Watcher Gecko/1 Firefox/1",
	)
}

// What stands beside a word decides where isbot looks around.
func TestLookAround(t *testing.T) {
	const before, after = "Mozilla/5.0 (X11) ", " Gecko/20100101 Firefox/128.0"
	tests := []struct {
		words string
		want  Kind
	}{
		{"news", Robot}, {"gnews", Person}, {"newsapphire", Robot}, {"newssapphire", Person}, {"newssapphir", Robot},
		{"google", Robot}, {"googlewv", Person}, {"googleapp", Person}, {"googleap", Robot}, {"google/google", Person},
		{"google pixel", Person}, {"google pixe", Robot}, {" channel/google", Person}, {"xchannel/google", Robot},
		{"bot", Robot}, {"bots", Robot}, {"bot_x", Robot}, {"botx", Person}, {" cubot", Person}, {"cubot", Person}, {"xcubot", Robot},
		{"scan", Robot}, {"camscan", Person}, {"amscan", Robot}, {"xmscan", Robot},
		{"http", Robot}, {"libhttp", Person}, {"ibhttp", Robot},
		{"java", Robot}, {"java;", Person}, {"javax", Robot},
	}
	l := New(nil, nil)
	for _, tt := range tests {
		if got := l.Kind([]byte(before + tt.words + after)); got != tt.want {
			t.Errorf("Kind(... %q ...) = %v, want %v", tt.words, got, tt.want)
		}
	}
}

// naive asks one regexp after the other, as isbot does.
type naive struct{ probes, robots []*regexp.Regexp }

func newNaive() naive {
	compile := func(list []string) (all []*regexp.Regexp) {
		for _, p := range list {
			all = append(all, regexp.MustCompile(p))
		}
		return all
	}
	return naive{compile(patterns(probes)), compile(patterns(isbot))}
}

func (n naive) kind(agent []byte) Kind {
	if len(agent) == 0 || string(agent) == "-" {
		return Person
	}
	text := lower(string(agent))
	for _, re := range n.probes {
		if re.MatchString(text) {
			return Probe
		}
	}
	for _, re := range n.robots {
		if re.MatchString(text) {
			return Robot
		}
	}
	return Person
}

func FuzzKind(f *testing.F) {
	for _, p := range append(patterns(isbot), patterns(probes)...) {
		f.Add([]byte(strings.NewReplacer(`\b`, "", `\`, "", "^", "", "$", "").Replace(p)))
		f.Add([]byte("Mozilla/5.0 (X11) " + strings.NewReplacer(`\b`, "", `\`, "", "^", "", "$", "").Replace(p) + " Firefox/1"))
	}
	for _, s := range []string{"a@bc.de", "x; foo;", "abc/1.0;", "Mozilla/5.0 (Linux 1.2)", "foo bar/v1.22.333", "foo, bar", "12 x", "xsearch y", "Foo/1.0 (a@b)", "\xff\x80bot", strings.Repeat("x", 50), strings.Repeat("é", 25), strings.Repeat("x", 49)} {
		f.Add([]byte(s))
	}
	l, n := New(nil, nil), newNaive()
	f.Fuzz(func(t *testing.T, agent []byte) {
		if got, want := l.Kind(agent), n.kind(agent); got != want {
			t.Errorf("Kind(%q) = %v, want %v", agent, got, want)
		}
	})
}

func TestKindAllocatesNothing(t *testing.T) {
	l := New(nil, nil)
	agent := []byte("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
	if n := testing.AllocsPerRun(100, func() { l.Kind(agent) }); n != 0 {
		t.Errorf("Kind allocates %v times, want 0", n)
	}
}

func BenchmarkKind(b *testing.B) {
	l := New(nil, nil)
	agent := []byte("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36")
	b.SetBytes(int64(len(agent)))
	b.ReportAllocs()
	for b.Loop() {
		l.Kind(agent)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(nil, nil)
	}
}

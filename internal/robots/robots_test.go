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
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/467.0.0.41.107;FBBV/606700338;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5.1;FBSS/3;FBID/phone;FBLC/en_US;FBOP/5]",
		"Mozilla/5.0 (Linux; Android 13; SM-A536B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/468.0.0.0.58;]",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 333.0.2.30.109 (iPhone12,1; iOS 17_5; en_US; en; scale=2.00; 828x1792; 601420827)",
		"Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/AP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/125.0.0.0 Mobile Safari/537.36 trill_2023400040 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/34.0.4 ByteLocale/en",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_34.0.0 BytedanceWebview/d8a21c6",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49(0x18003134) NetType/WIFI Language/zh_CN",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Twitter for iPhone/10.44",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1 [LinkedInApp]/9.29.5",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [Pinterest/iOS]",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Snapchat/12.90.0.38 (like Safari/8618.2.12.10.9, panda)",
		"Mozilla/5.0 (Linux; Android 12; Redmi Note 9 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/110.0 Mobile Safari/537.36 Line/14.7.1/IAB",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 DuckDuckGo/7 Safari/605.1.15",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
		"Opera/9.80 (J2ME/MIDP; Opera Mini/9.80 (S60; SymbOS; Opera Mobi/23.348; U; en) Presto/2.5.25 Version/10.54",
		"Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16",
		"Nokia6230i/2.0 (03.40) Profile/MIDP-2.0 Configuration/CLDC-1.1",
		"NokiaC3-00/5.0 (08.63) Profile/MIDP-2.1 Configuration/CLDC-1.1 Mozilla/5.0 AppleWebKit/420+ (KHTML, like Gecko) Safari/420+",
		"BlackBerry9700/5.0.0.862 Profile/MIDP-2.1 Configuration/CLDC-1.1 VendorID/331 UNTRUSTED/1.0 3gpp-gba",
		"Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Mobile Safari/537.10+",
		"Mozilla/5.0 (Mobile; LYF/F300B/LYF-F300B-001-01-15-130718-i;Android; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
		"Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063",
		"Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 920)",
		"Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/609.4 (KHTML, like Gecko) NF/6.0.2.21.3 NintendoBrowser/5.1.0.22474",
		"Mozilla/5.0 (PlayStation; PlayStation 5/6.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15",
		"Mozilla/5.0 (PlayStation 4 11.00) AppleWebKit/605.1.15 (KHTML, like Gecko)",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/58.0.3029.110 Safari/537.36 Edge/16.16299",
		"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36",
		"Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.4280.88 Safari/537.36 WebAppManager",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
		"Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) QtCarBrowser Safari/537.36",
		"Mozilla/5.0 (X11; GNU/Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chromium/79.0.3945.130 Chrome/79.0.3945.130 Safari/537.36 Tesla/2022.4.5",
		"Mozilla/5.0 (X11; U; Linux armv7l like Android; en-us) AppleWebKit/531.2+ (KHTML, like Gecko) Version/5.0 Safari/533.2+ Kindle/3.0+",
		"Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/108.11.3 like Chrome/108.0 Safari/537.36",
		"Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/1.1.1",
		"w3m/0.5.3+git20210102",
		"Links (2.29; Linux x86_64; text)",
		"ELinks/0.13.2 (textmode; Linux; 80x24-2)",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Teams/1.5.00.10453 Electron/13",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.38.125 Chrome/124.0 Electron/30.0 Safari/537.36",
		"Mozilla/5.0 (Windows NT 5.1; rv:52.0) Gecko/20100101 Goanna/4.8 PaleMoon/29.4",
		"Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
		"Mozilla/5.0 (Linux; U; Android 4.1.2; de-de; GT-I9100 Build/JZO54K) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
		"Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/320.0 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 Chrome/126 Mobile Safari/537.36 GoogleApp/15.23",
		"Mozilla/5.0 (Linux; Android 13; Pixel 6 Build/TQ3A; wv) AppleWebKit/537.36 Version/4.0 Chrome/126 Mobile Safari/537.36 GoogleWv/1.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.7",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126 YaBrowser/24.6.0 Safari/537.36",
		"Mozilla/5.0 (Linux; U; Android 10; en-US; RMX1911) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/78 UCBrowser/13.4.0.1306 Mobile Safari/537.36",
		"Mozilla/5.0 (Linux; U; Android 12; zh-cn; M2012K11AC) AppleWebKit/537.36 Chrome/100 Mobile Safari/537.36 XiaoMi/MiuiBrowser/17.8",
		"Mozilla/5.0 (Linux; Android 10; HarmonyOS; ELS-AN00; HMSCore 6.13) AppleWebKit/537.36 Chrome/99 HuaweiBrowser/14.0 Mobile Safari/537.36",
		"Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Whale/3.26",
		"Mozilla/5.0 (X11; Ubuntu; Linux x86_64) AppleWebKit/537.36 Chrome/126 Safari/537.36 Brave/126",
		"Mozilla/5.0 (Linux; Android 13; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/33.0 Chrome/124 VR Safari/537.36",
		"Mozilla/5.0 (Apple TV; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15",
		"Roku/DVP-12.5 (12.5.0)",
		"Mozilla/5.0 (CrKey armv7l 1.5.16041) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/31 Safari/537.36",
		"MyBank/7.2 (Android 14)",
		"nl.shop.app/123 CFNetwork/1494 Darwin/23.4.0",
	)
}

func TestRobots(t *testing.T) {
	check(t, Robot,
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
		"Mozilla/5.0 (compatible; Claude-User/1.0; +Claude-User@anthropic.com)",
		"Claude-SearchBot/1.0",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)",
		"Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)",
		"CCBot/2.0 (https://commoncrawl.org/faq/)",
		"meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
		"meta-externalfetcher/1.1",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
		"Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; TikTokSpider; ttspider-feedback@tiktok.com)",
		"Mozilla/5.0 (compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot)",
		"Mozilla/5.0 (compatible; DuckAssistBot/1.2; +http://duckduckgo.com/duckassistbot.html)",
		"MistralAI-User/1.0",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; MistralAI-User/1.0; +https://docs.mistral.ai/robots)",
		"cohere-ai",
		"cohere-training-data-crawler",
		"Mozilla/5.0 (compatible; YouBot/1.0; +https://about.you.com/youbot/)",
		"Diffbot/1.0",
		"Timpibot/0.8 (+http://www.timpi.io)",
		"omgili/0.5 +http://omgili.com",
		"Google-CloudVertexBot",
		"GoogleOther",
		"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36 (compatible; GoogleOther)",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; Google-Read-Aloud; +https://support.google.com/webmasters/answer/1061943)",
		"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
		"Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
		"Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)",
		"Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot)",
		"PetalBot",
		"Mozilla/5.0 (compatible; DataForSeoBot/1.0)",
		"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
		"TelegramBot (like TwitterBot)",
		"WhatsApp/2.23.20.0",
		"Discordbot/2.0",
		"LinkedInBot/1.0",
		"Mastodon/4.2.1 (http.rb/5.1.1; +https://mastodon.social/)",
		"Signal-Desktop/1.0",
		"axios/1.6.0",
		"node-fetch/1.0",
		"okhttp/4.12.0",
		"Java/17.0.1",
		"PostmanRuntime/7.36.0",
		"libwww-perl/6.67",
		"Scrapy/2.11.0 (+https://scrapy.org)",
		"aiohttp/3.9",
		"python-httpx/0.27.0",
		"undici",
		"Deno/2.1.0",
		"Bun/1.1.0",
		"reqwest/0.12",
		"Guzzle/7",
		"GuzzleHttp/7",
		"colly",
		"zgrab/0.x",
		"Nuclei - Open-source project (github.com/projectdiscovery/nuclei)",
		"Mozilla/5.0 zgrab/0.x",
		"CensysInspect/1.1",
		"Expanse, a Palo Alto Networks company, searches across the global IPv4 space",
		"Playwright/1.40.0 (x64; ubuntu 22.04) node/20.9",
		"k6/0.49.0 (https://k6.io/)",
		"Locust/2.0",
		"ApacheBench/2.3",
		"hey/0.0.1",
		"Wappalyzer",
		"Lighthouse",
		"Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
		"Alertmanager/0.27",
		"Mozilla/5.0 (compatible; StatusPage/1.0)",
		"cron-job.org",
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
		"Prometheus/2.50.0",
		"Datadog Agent/7.40",
		"Varnish Health Probe",
		"Cloudflare-Healthchecks/1.0 (+https://www.cloudflare.com/; healthcheck-id: x)",
		"Cloudflare-Traffic-Manager/1.0",
		"Fastly/HealthCheck",
		"Mozilla/5.0 (compatible; Cloudflare-Healthchecks/1.0; +https://www.cloudflare.com/; healthcheck-id: 123)",
		"HealthChecker/1.0",
		"UptimeRobot/2.0",
		"Nagios",
		"Better Stack Better Uptime Bot",
		"OnlineOrNot.com_bot",
		"Pulsetic.com Bot (pulsetic.com)",
		"Instatus",
		"Hyperping (https://hyperping.io)",
		"Sematext Synthetics",
		"Elastic-Heartbeat/8.11.0",
		"Elastic/Synthetics",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Elastic/Synthetics",
		"AWS CloudWatch Synthetics",
		"CloudWatchSynthetics/arn:aws:synthetics:us-east-1",
		"Splunk Synthetics",
		"SolarWinds Pingdom",
		"Sentry Uptime",
		"SentryUptimeBot/1.0 (+http://docs.sentry.io/product/alerts/uptime-monitoring/)",
		"vercel-healthcheck",
		"fly-health",
		"Gatus",
		"Uptime-Kuma/2.0.0",
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

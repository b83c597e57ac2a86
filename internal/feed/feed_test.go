package feed

import "testing"

// As a store of apps tells of reviews, and as anybody writes RSS.
func TestFeeds(t *testing.T) {
	atom := `<feed xmlns="http://www.w3.org/2005/Atom"><entry><updated>2026-11-26T03:00:00-07:00</updated><id>1</id><title>Ligt eruit</title>
		<content type="text">Kan niet inloggen</content><content type="html">&lt;b&gt;x&lt;/b&gt;</content><link rel="related" href="https://apps.example/1"/></entry></feed>`
	rss := `<rss version="2.0"><channel><item><guid>a</guid><title>Old</title><pubDate>Wed, 25 Nov 2026 10:00:00 GMT</pubDate></item>
		<item><guid>b</guid><title>New</title><description>text</description><pubDate>Thu, 26 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>`
	list, err := Parse([]byte(atom), 10)
	if err != nil || len(list) != 1 || list[0].Text != "Kan niet inloggen" || list[0].ID != "1" || list[0].URL != "https://apps.example/1" || list[0].At.UTC().Hour() != 10 {
		t.Errorf("%+v, %v", list, err)
	}
	list, err = Parse([]byte(rss), 10)
	if err != nil || len(list) != 2 || list[0].Title != "New" || list[0].Text != "text" {
		t.Errorf("%+v, %v", list, err)
	}
	for _, text := range []string{"", "<html></html>", "{}", `<?xml version="1.0" encoding="utf-7"?><rss/>`} {
		if _, err := Parse([]byte(text), 10); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("<rss><channel><item><title>x</title></item></channel></rss>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if list, err := Parse(body, 3); err == nil && len(list) > 3 {
			t.Errorf("%d entries", len(list))
		}
	})
}

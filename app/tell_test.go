package app

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/notify"
)

// postOffice takes e-mail as a server does and gives what came.
func postOffice(t *testing.T) (address string, mails <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	taken := make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go takeMail(c, taken)
		}
	}()
	return l.Addr().String(), taken
}

func takeMail(c net.Conn, taken chan<- string) {
	defer c.Close()
	in := bufio.NewScanner(c)
	fmt.Fprint(c, "220 localhost\r\n")
	for in.Scan() {
		switch verb, _, _ := strings.Cut(strings.ToUpper(in.Text()), " "); verb {
		case "EHLO", "HELO":
			fmt.Fprint(c, "250 localhost\r\n")
		case "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			body := ""
			for in.Scan() && in.Text() != "." {
				body += in.Text() + "\n"
			}
			taken <- body
			fmt.Fprint(c, "250 ok\r\n")
		case "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
}

// readable undoes quoted-printable as far as addresses need it.
func readable(mail string) string {
	return strings.NewReplacer("=\n", "", "=3D", "=").Replace(mail)
}

// next waits for the next of c that has want in it.
func next(t *testing.T, c <-chan string, want string) string {
	t.Helper()
	late := time.After(2 * time.Minute)
	for {
		select {
		case got := <-c:
			if strings.Contains(got, want) {
				return got
			}
		case <-late:
			t.Fatalf("never told %q", want)
		}
	}
}

func hurt(t *testing.T, base string, people int) {
	t.Helper()
	body := ""
	for i := range people {
		body += fmt.Sprintf(`{"at":%d,"person":"p%d","path":"/pay","status":503}`+"\n", time.Now().UnixMilli(), i)
	}
	if code, answer := post(t, http.DefaultClient, base+"/api/v1/experiences", body); code != http.StatusOK {
		t.Fatalf("experiences: %d %s", code, answer)
	}
}

func sendForm(t *testing.T, address string, values url.Values) string {
	t.Helper()
	r, err := http.PostForm(address, values)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, r.Status, err)
	}
	return string(body)
}

func TestPeopleAreHurtAndEverybodyWhoAskedIsTold(t *testing.T) {
	told := make(chan string, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m notify.Message
		if json.NewDecoder(r.Body).Decode(&m) == nil {
			told <- m.ID
		}
	}))
	defer hook.Close()
	office, mails := postOffice(t)
	c := config.Default()
	c.Listen, c.Data = "127.0.0.1:0", t.TempDir()
	c.Status.URL, c.Status.Listen = "http://status.example", "127.0.0.1:0"
	c.Mail = config.Mail{Server: office, From: "Shop <status@shop.example>", TLS: "none"}
	c.Notify = []config.Notify{{Name: "team", To: hook.URL, Secret: "s"}}
	base, stop := running(t, c)

	sendForm(t, base+"/status/subscribe", url.Values{"email": {"anna@example.com"}})
	invitation := readable(next(t, mails, "confirm"))
	token := regexp.MustCompile(`confirm\?t=([\w-]+)`).FindStringSubmatch(invitation)
	if token == nil {
		t.Fatalf("the invitation says\n%s", invitation)
	}
	sendForm(t, base+"/status/confirm", url.Values{"t": {token[1]}})
	hurt(t, base, 20)
	opened := next(t, told, "opened/")
	news := readable(next(t, mails, "bad time"))
	if !strings.Contains(news, "List-Unsubscribe-Post: List-Unsubscribe=One-Click") {
		t.Errorf("the mail says\n%s", news)
	}
	leave := regexp.MustCompile(`List-Unsubscribe: <http://status.example(/status/unsubscribe\?t=[\w-]+)>`).FindStringSubmatch(strings.ReplaceAll(news, "\n ", " "))
	if leave == nil {
		t.Fatalf("nobody can leave by\n%s", news)
	}
	sendForm(t, base+leave[1], url.Values{"List-Unsubscribe": {"One-Click"}})
	stop()

	base, stop = running(t, c)
	defer stop()
	work, err := json.Marshal(incident.Planned{Title: "A new bank", From: time.Now().Add(time.Hour), To: time.Now().Add(2 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := post(t, http.DefaultClient, base+plannedPath, string(work)); code != http.StatusForbidden {
		t.Fatalf("planned without the key: %d", code)
	}
	key, err := ControlKey(c.Data)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, base+plannedPath, strings.NewReader(string(work)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatalf("planned: %v, %v", answer, err)
	}
	answer.Body.Close()
	for {
		id := next(t, told, "/")
		if id == opened {
			t.Errorf("%s was told again after the restart", id)
		}
		if strings.HasPrefix(id, "planned/") {
			break
		}
	}
	select {
	case mail := <-mails:
		t.Errorf("who left is told\n%s", mail)
	default:
	}
}

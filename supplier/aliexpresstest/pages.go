package aliexpresstest

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"
)

//go:embed static
var static embed.FS

var shell = template.Must(template.ParseFS(static, "static/shell.html"))

const (
	sessionCookie = "x_rehearsal_session"
	punishPath    = "/_____tmd_____/punish"
)

// page is an HTML page: its script builds it from the calls.
type page struct {
	kind, script, title string // title is the key of a caption
}

const policyPath = "/p/help/cancellation.html"

var (
	wwwPages = map[string]page{
		"/p/order/index.html":         {PageList, "list", "list_title"},
		"/p/order/detail.html":        {PageDetail, "detail", "detail_title"},
		"/p/tracking/index.html":      {PageTracking, "tracking", "tracking_title"},
		"/p/reverse-pages/start.html": {PageReverse, "dispute", "dispute_title"},
		"/p/message/index.html":       {PageMessages, "message", "message_title"},
		policyPath:                    {PagePolicy, "policy", "button_policy"},
	}
	mobilePages = map[string]page{
		"/p/refund-cancel/index.html":  {PageCancel, "cancel", "form_title"},
		"/p/refund-amount/detail.html": {PageRefund, "refund", "refund_title"},
		"/p/refund-dispute/list.html":  {PageReturns, "returns", "returns_title"},
	}
	messagePages = map[string]page{"/msgDetail.htm": {PageMessages, "message", "message_title"}}
)

func (s *Site) routeWWW(r *http.Request) (call, handler) {
	if r.URL.Path == "/" {
		return call{}, func() reply { return redirect("/p/order/index.html") }
	}
	if r.URL.Path == "/_rehearsal/untrusted" && r.Method == http.MethodPost {
		return call{}, func() reply { return s.noteAttempt(r, &s.attempts, "untrusted") }
	}
	if r.URL.Path == "/_rehearsal/missed" && r.Method == http.MethodPost {
		return call{}, func() reply { return s.noteAttempt(r, &s.missed, "missed") }
	}
	if name, ok := strings.CutPrefix(r.URL.Path, "/kf/"); ok {
		return call{}, func() reply { return thumbnail(name, r.Form.Get("t")) }
	}
	return s.routePages(r, wwwPages)
}

func (s *Site) routeMobile(r *http.Request) (call, handler) { return s.routePages(r, mobilePages) }

func (s *Site) routeMessages(r *http.Request) (call, handler) { return s.routePages(r, messagePages) }

// routePages serves one host's pages, the assets and the punish page.
func (s *Site) routePages(r *http.Request, pages map[string]page) (call, handler) {
	if strings.HasSuffix(r.URL.Path, punishPath) {
		return call{kind: PagePunish}, func() reply { return s.render(page{PagePunish, "punish", "verification"}, call{}, r) }
	}
	if h, ok := s.routeTries(r); ok {
		return call{}, h
	}
	p, ok := pages[r.URL.Path]
	if !ok {
		return call{}, func() reply { return asset(r.URL.Path) }
	}
	c := call{kind: p.kind, orderID: firstNonEmpty(r.Form.Get("orderId"), r.Form.Get("tradeOrderId"))}
	if line := r.Form.Get("tradeOrderLineId"); c.orderID == "" && line != "" {
		c.orderID = s.orderOfLine(line)
	}
	return c, func() reply {
		if s.punish {
			return redirect(s.www + path.Dir(r.URL.Path) + punishPath + "?x5secdata=" + newToken())
		}
		if to, away := s.sentAway(r); away {
			return redirect(to)
		}
		if s.signedIn(r) {
			return s.render(p, c, r)
		}
		if s.loggedOut {
			return redirect(s.login + "/?return_url=" + url.QueryEscape("http://"+r.Host+r.URL.RequestURI()))
		}
		a := s.render(p, c, r)
		a.cookies = append(a.cookies, s.newSession())
		return a
	}
}

// routeLogin serves the sign-in form; anything signs in.
func (s *Site) routeLogin(r *http.Request) (call, handler) {
	switch {
	case r.URL.Path == "/":
		return call{kind: PageLogin}, func() reply { return s.render(page{PageLogin, "login", "sign_in"}, call{}, r) }
	case r.URL.Path == "/signin" && r.Method == http.MethodPost:
		return call{}, func() reply {
			s.loggedOut = false
			a := redirect(s.returnURL(r.Form.Get("return_url")))
			a.status = http.StatusSeeOther
			a.cookies = []*http.Cookie{s.newSession()}
			return a
		}
	}
	return call{}, func() reply { return asset(r.URL.Path) }
}

// returnURL lets a sign-in go back to our own hosts only.
func (s *Site) returnURL(to string) string {
	if strings.HasPrefix(to, s.www+"/") || strings.HasPrefix(to, s.mobile+"/") || strings.HasPrefix(to, s.region+"/") {
		return to
	}
	return s.www + "/p/order/index.html"
}

func (s *Site) signedIn(r *http.Request) bool {
	c, err := r.Cookie(sessionCookie)
	return err == nil && s.sessions[c.Value]
}

// newSession makes a session that a browser profile keeps for a year.
func (s *Site) newSession() *http.Cookie {
	id := newToken()
	s.sessions[id] = true
	return &http.Cookie{Name: sessionCookie, Value: id, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

func (s *Site) noteAttempt(r *http.Request, log *[]Attempt, what string) reply {
	a := Attempt{At: s.now(), Kind: r.Form.Get("kind"), OrderID: r.Form.Get("order")}
	*log = append(*log, a)
	s.logf("%s %s %s", what, a.Kind, a.OrderID)
	return reply{status: http.StatusNoContent}
}

// render makes the empty page of a call, in the caller's language and with
// what disturbs the order's pages.
func (s *Site) render(p page, c call, r *http.Request) reply {
	var b strings.Builder
	l := s.speak(r, nil)
	www := s.www
	regional := "http://"+r.Host == s.region
	if regional {
		www = s.region
	}
	stage := Nuisance{}.stage()
	if c.kind != "" {
		stage = s.nuisanceOf(c.orderID).stage()
		stage["mobileCards"] = s.mobileCards
		stage["busy"] = s.busy
		if tries := s.triesOf(p.kind, c.orderID); tries != nil {
			stage["tries"] = tries
		}
	}
	if p.kind == PageLogin {
		stage["savedPassword"] = s.saved
	}
	err := shell.Execute(&b, map[string]any{
		"Title": l.say(p.title), "Script": p.script, "WWW": www, "Mobile": s.mobile, "Login": s.login, "API": s.api,
		"Locale": l.locale, "Lang": l.locale[:2], "Stage": stage,
	})
	if err != nil {
		return reply{status: http.StatusInternalServerError, typ: "text/plain; charset=utf-8", body: []byte(err.Error())}
	}
	a := reply{typ: "text/html; charset=utf-8", body: []byte(b.String())}
	if regional && s.away.lang != nil {
		a.cookies = []*http.Cookie{s.away.lang.pinCookie()}
	}
	return a
}

var assetTypes = map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

func asset(name string) reply {
	if locale, ok := strings.CutPrefix(strings.TrimSuffix(name, ".js"), "/texts/"); ok && languages[locale] != nil {
		return languages[locale].script()
	}
	typ, ok := assetTypes[path.Ext(name)]
	if !ok {
		return notFound()
	}
	body, err := static.ReadFile(strings.TrimPrefix(name, "/"))
	if err != nil {
		return notFound()
	}
	return reply{typ: typ, body: body}
}

// thumbnail draws the picture of an article: a letter on a colour of its own.
func thumbnail(name, letter string) reply {
	hue := 0
	for _, r := range name {
		hue = (hue*7 + int(r)) % 360
	}
	if len(letter) != 1 {
		letter = "A"
	}
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="hsl(%d 60%% 78%%)"/><stop offset="1" stop-color="hsl(%d 55%% 58%%)"/></linearGradient></defs><rect width="96" height="96" rx="8" fill="url(#g)"/><text x="48" y="63" font-family="sans-serif" font-size="42" font-weight="700" text-anchor="middle" fill="#fff">%s</text></svg>`,
		hue, (hue+40)%360, template.HTMLEscapeString(letter))
	return reply{typ: "image/svg+xml", body: []byte(svg)}
}

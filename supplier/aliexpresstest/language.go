package aliexpresstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The locales that the site speaks, as its cookie writes them.
const (
	LocaleEnglish    = "en_US"
	LocaleSpanish    = "es_ES"
	LocalePortuguese = "pt_BR"
)

// localeCookie pins language, region and currency: "site=glo&b_locale=en_US".
const localeCookie = "aep_usuc_f"

// language is one set of captions with its way to write dates and amounts.
type language struct {
	locale string
	// site is what the locale cookie calls the regional site.
	site string
	// date is Go's layout; months replaces its English month names.
	date   string
	months []string
	// comma: amounts read 1.132,74 instead of 1132.74.
	comma bool
	texts map[string]string
}

// languages are the three sets; their texts are files, one key each in all.
var languages = func() map[string]*language {
	all := map[string]*language{
		LocaleEnglish: {site: "glo", date: "Jan 2, 2006"},
		LocaleSpanish: {site: "esp", date: "2 Jan, 2006", comma: true,
			months: strings.Fields("ene feb mar abr may jun jul ago sep oct nov dic")},
		LocalePortuguese: {site: "bra", date: "2 de Jan de 2006", comma: true,
			months: strings.Fields("jan fev mar abr mai jun jul ago set out nov dez")},
	}
	for locale, l := range all {
		l.locale = locale
		body, err := static.ReadFile("static/texts/" + locale + ".json")
		if err == nil {
			err = json.Unmarshal(body, &l.texts)
		}
		if err != nil {
			panic(fmt.Sprintf("captions of %s: %v", locale, err)) // the files are part of the program
		}
	}
	return all
}()

// say gives a caption; one that is missing shows as its key.
func (l *language) say(key string) string {
	if text, ok := l.texts[key]; ok {
		return text
	}
	return key
}

// day writes a date; "" for the zero time.
func (l *language) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if l.months == nil {
		return t.Format(l.date)
	}
	return strings.Replace(t.Format(l.date), t.Format("Jan"), l.months[t.Month()-1], 1)
}

var symbols = map[string]string{"USD": "US $", "EUR": "€", "GBP": "£", "BRL": "R$"}

// price writes an amount as the pages do: "US $12.34" or "R$1.132,74".
func (l *language) price(amount, currency string) string {
	symbol, ok := symbols[currency]
	if !ok {
		symbol = currency + " "
	}
	amount = decimal(cents(amount))
	if !l.comma {
		return symbol + amount
	}
	whole, frac, _ := strings.Cut(amount, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "." + whole[i:]
	}
	return symbol + whole + "," + frac
}

// triple is the form of an amount whose second and third parts need no locale.
func (l *language) triple(amount, currency string) string {
	whole, frac, _ := strings.Cut(decimal(cents(amount)), ".")
	return l.price(amount, currency) + "|" + whole + "|" + frac
}

// captions are the texts that an answer carries for its page.
func (l *language) captions(keys ...string) obj {
	out := obj{}
	for _, k := range keys {
		out[k] = l.say(k)
	}
	return out
}

// i18n is the map of captions in the list's and the detail's answers.
func (l *language) i18n() obj {
	return l.captions("confirm_delivery", "popup_order_confirm1", "popup_order_confirm1_tips", "confirm", "cancel", "okay", "no_thanks",
		"button_close", "canceling_title", "cancel_success", "reject_confirm_title", "reject_confirm_content", "connect_seller",
		"copy", "order_ID", "delete_confirm")
}

// SetLocale makes the site speak one of its locales to everybody, or, with "",
// the one that each caller's cookie names (English where it names none).
func (s *Site) SetLocale(locale string) error {
	l := languages[locale]
	if l == nil && locale != "" {
		return fmt.Errorf("set locale %q: want en_US, es_ES or pt_BR", locale)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forced = l
	return nil
}

// regional is the redirect to a regional site; see SetRegional.
type regional struct {
	lang *language
	left int // redirects to come; negative: without end
}

// Regional gives the base URL of the regional host, which stands for
// es.aliexpress.com and its like: the www pages in another language.
func (s *Site) Regional() string { return s.region }

// SetRegional sends the next n loads of www pages (all, if n is negative) to
// the regional host, in that locale. A regional page pins the caller to its
// own site by the locale cookie, and from then on every www page redirects
// until the caller pins site=glo again. n = 0 ends it, also for callers that
// are pinned elsewhere.
func (s *Site) SetRegional(locale string, n int) error {
	l := languages[locale]
	if l == nil || l.site == "glo" {
		return fmt.Errorf("redirect to locale %q: want es_ES or pt_BR", locale)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = regional{lang: l, left: n}
	if n == 0 {
		s.away = regional{}
	}
	return nil
}

// pinned reads the caller's locale cookie: the site and the locale it names.
func pinned(r *http.Request) (site, locale string) {
	c, err := r.Cookie(localeCookie)
	if err != nil {
		return "", ""
	}
	v, err := url.ParseQuery(c.Value)
	if err != nil {
		return "", ""
	}
	return v.Get("site"), v.Get("b_locale")
}

// speak gives the language of an answer: the forced one, the regional host's,
// the one that the page named in its call, the cookie's. The caller holds mu.
func (s *Site) speak(r *http.Request, p params) *language {
	_, locale := pinned(r)
	switch {
	case s.forced != nil:
		return s.forced
	case s.away.lang != nil && "http://"+r.Host == s.region:
		return s.away.lang
	case languages[p.text("_lang")] != nil:
		return languages[p.text("_lang")]
	case languages[locale] != nil:
		return languages[locale]
	}
	return languages[LocaleEnglish]
}

// sentAway tells whether this load of a www page is redirected. The caller
// holds mu.
func (s *Site) sentAway(r *http.Request) (to string, away bool) {
	if s.away.lang == nil || "http://"+r.Host != s.www {
		return "", false
	}
	site, _ := pinned(r)
	if s.away.left == 0 && (site == "" || site == "glo") {
		return "", false
	}
	if s.away.left > 0 {
		s.away.left--
	}
	u := *r.URL
	q := u.Query()
	q.Set("gatewayAdapt", "glo2"+s.away.lang.site)
	u.RawQuery = q.Encode()
	return s.region + u.RequestURI(), true
}

// pinCookie is what a regional page leaves behind.
func (l *language) pinCookie() *http.Cookie {
	_, region, _ := strings.Cut(l.locale, "_")
	value := "site=" + l.site + "&region=" + region + "&b_locale=" + l.locale + "&c_tp=EUR"
	return &http.Cookie{Name: localeCookie, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode}
}

// script hands the texts to the pages.
func (l *language) script() reply {
	body, err := json.Marshal(l.texts)
	if err != nil {
		return reply{status: http.StatusInternalServerError}
	}
	js := "window.locale = " + strconv.Quote(l.locale) + ";\nwindow.texts = " + string(body) + ";\n"
	return reply{typ: assetTypes[".js"], body: []byte(js)}
}

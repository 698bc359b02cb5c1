package aliexpresstest

import (
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

func TestLanguagesHaveTheSameTexts(t *testing.T) {
	t.Parallel()
	english := languages[LocaleEnglish].texts
	for locale, l := range languages {
		for key, text := range l.texts {
			if _, ok := english[key]; !ok || text == "" {
				t.Errorf("%s: %s is %q", locale, key, text)
			}
		}
		for key := range english {
			if _, ok := l.texts[key]; !ok {
				t.Errorf("%s lacks %s", locale, key)
			}
		}
	}
	if got := languages[LocalePortuguese].title(completed); got != "Concluído " {
		t.Errorf("the space behind %q is part of it", got)
	}
}

// Every caption that a page's script asks for is there.
func TestScriptsUseKnownTexts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("static/*.js")
	if err != nil || len(scripts) < 10 {
		t.Fatal(scripts, err)
	}
	uses := regexp.MustCompile(`\bt\([^()]*\)`)
	keys := regexp.MustCompile(`'([a-z][A-Za-z_]+)'`)
	for _, name := range scripts {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range uses.FindAllString(string(body), -1) {
			for _, key := range keys.FindAllStringSubmatch(use, -1) {
				if _, ok := languages[LocaleEnglish].texts[key[1]]; !ok && !strings.HasSuffix(key[1], "_") {
					t.Errorf("%s uses %s", name, key[1])
				}
			}
		}
	}
}

// siteProfile is what the driver knows of the captions.
type siteProfile struct {
	Statuses, Reminders map[string]map[string][]string
	Cancel              struct {
		ButtonCaptions  map[string][]string `yaml:"button_captions"`
		SubmitCaptions  map[string][]string `yaml:"submit_captions"`
		ConfirmTitles   map[string][]string `yaml:"confirm_titles"`
		ConfirmCaptions map[string][]string `yaml:"confirm_captions"`
		DoneTexts       map[string][]string `yaml:"done_texts"`
		PickedUpTexts   map[string][]string `yaml:"picked_up_texts"`
		Reasons         []struct {
			Code     string
			Keywords map[string][]string
		}
	}
	List struct {
		MoreCaptions map[string][]string `yaml:"more_captions"`
	}
	Deny struct {
		Captions, Titles map[string][]string
	}
	Dates map[string]struct {
		Months, Layouts []string
	}
}

func readProfile(t *testing.T) siteProfile {
	t.Helper()
	body, err := os.ReadFile("../../configs/aliexpress.profile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var p siteProfile
	if err := yaml.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func foldText(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// What the site says in a language is what the site profile knows in it.
func TestCaptionsAreTheProfiles(t *testing.T) {
	t.Parallel()
	p := readProfile(t)
	phases := map[phase]string{unpaid: "unpaid", verifying: "risk_hold", processing: "processing", pending: "pending",
		shipped: "shipped", completed: "finished", closed: "closed"}
	for locale, l := range languages {
		lang := locale[:2]
		is := func(key string, want []string) {
			t.Helper()
			if !slices.ContainsFunc(want, func(w string) bool { return foldText(w) == foldText(l.say(key)) }) {
				t.Errorf("%s: %s is %q, the profile knows %q", lang, key, l.say(key), want)
			}
		}
		holds := func(key string, want []string) {
			t.Helper()
			if !slices.ContainsFunc(want, func(w string) bool { return strings.Contains(foldText(l.say(key)), foldText(w)) }) {
				t.Errorf("%s: %s is %q, which holds none of %q", lang, key, l.say(key), want)
			}
		}
		for ph, name := range phases {
			is("status_"+names[ph], p.Statuses[name][lang])
		}
		holds("reminder_pending", p.Reminders["pending"][lang])
		holds("reminder_declined", p.Reminders["refused"][lang])
		is("button_cancel", p.Cancel.ButtonCaptions[lang])
		is("submit", p.Cancel.SubmitCaptions[lang])
		is("canceling_title", p.Cancel.ConfirmTitles[lang])
		is("confirm", p.Cancel.ConfirmCaptions[lang])
		holds("cancel_requested", p.Cancel.DoneTexts[lang])
		holds("cancel_success", p.Cancel.DoneTexts[lang])
		holds("reject_confirm_content", p.Cancel.PickedUpTexts[lang])
		is("list_more", p.List.MoreCaptions[lang])
		for _, key := range []string{"button_extend", "confirm_delivery", "button_pay", "button_repurchase", "button_delete"} {
			holds(key, p.Deny.Captions[lang])
		}
		holds("popup_order_confirm1", p.Deny.Titles[lang])
		for _, r := range p.Cancel.Reasons {
			if slices.Contains(reasons, r.Code) {
				holds("reason_"+r.Code, r.Keywords[lang])
			}
		}
		sameMonth := func(known, ours string) bool { return slices.Contains(strings.Split(known, "|"), ours) }
		if d := p.Dates[lang]; !slices.Contains(d.Layouts, l.date) || !slices.EqualFunc(d.Months, l.months, sameMonth) {
			t.Errorf("%s: dates as %q with %v, the profile knows %q with %v", lang, l.date, l.months, d.Layouts, d.Months)
		}
	}
}

func TestDatesAndAmounts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	for locale, want := range map[string][3]string{
		LocaleEnglish: {"Sep 1, 2026", "US $1132.74", "R$5.00"}, LocaleSpanish: {"1 sep, 2026", "US $1.132,74", "R$5,00"},
		LocalePortuguese: {"1 de set de 2026", "US $1.132,74", "R$5,00"},
	} {
		l := languages[locale]
		if got := [3]string{l.day(at), l.price("1132.74", "USD"), l.price("5", "BRL")}; got != want || l.day(time.Time{}) != "" {
			t.Errorf("%s: %q, want %q", locale, got, want)
		}
		if got := l.triple("1132.7", "USD"); !strings.HasSuffix(got, "|1132|70") {
			t.Errorf("%s: triple %q", locale, got)
		}
	}
}

// setLocale pins the client as the driver does.
func (r *rig) setLocale(value string) {
	r.t.Helper()
	u, err := url.Parse(r.www)
	if err != nil {
		r.t.Fatal(err)
	}
	r.client.Jar.SetCookies(u, []*http.Cookie{{Name: localeCookie, Value: value, Path: "/"}})
}

func TestLocaleCookieChoosesTheLanguage(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	expect := func(what, title, placed, html string) {
		t.Helper()
		d := r.detail(idA)
		_, page, _ := r.fetch(r.www + "/p/order/detail.html?orderId=" + idA)
		if got := d.tag("detail_order_status_block").str("title"); got != title {
			t.Errorf("%s: status %q, want %q", what, got, title)
		}
		if got := d.tag("detail_simple_order_info_component").str("orderCreatTime"); got != placed {
			t.Errorf("%s: date %q, want %q", what, got, placed)
		}
		if !strings.Contains(page, html) {
			t.Errorf("%s: the page lacks %s", what, html)
		}
	}
	expect("no cookie", "Processing", "Oct 19, 2026", `/texts/en_US.js`)
	r.setLocale("site=glo&region=ES&b_locale=es_ES&c_tp=EUR")
	expect("Spanish", "Procesando", "19 oct, 2026", `<html lang="es">`)
	r.setLocale("site=glo&region=BR&b_locale=pt_BR&c_tp=BRL")
	expect("Portuguese", "Processando", "19 de out de 2026", `/texts/pt_BR.js`)
	if err := r.SetLocale(LocaleSpanish); err != nil {
		t.Fatal(err)
	}
	expect("forced", "Procesando", "19 oct, 2026", `/texts/es_ES.js`)
	if err := r.SetLocale(""); err != nil {
		t.Fatal(err)
	}
	expect("free again", "Processando", "19 de out de 2026", `<html lang="pt">`)
	r.setLocale("site=glo&b_locale=ko_KR")
	expect("unknown", "Processing", "Oct 19, 2026", `<html lang="en">`)
	if r.SetLocale("ko_KR") == nil {
		t.Error("an unknown locale is taken")
	}
	if status, js, _ := r.fetch(r.mobile + "/texts/pt_BR.js"); status != http.StatusOK || !strings.Contains(js, `"Concluído "`) {
		t.Errorf("texts: %d %.60s", status, js)
	}
}

// Cancelling by the API shows every status of the story in its language.
func TestStoryInSpanish(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{Refuse: &Refusal{After: hour, Explicit: true}}))
	r.setLocale("site=glo&b_locale=es_ES")
	form := r.call("GET", apiReasons, `{"tradeOrderId":"`+idA+`"}`).get("data", "module", "reasonList").([]any)
	if got := tree(form[0].(map[string]any)).str("reasonText"); got != "Ya no quiero este pedido" {
		t.Errorf("the first reason: %q", got)
	}
	r.cancel(idA)
	if got := r.title(idA); got != "Cancelación solicitada" || r.Status(idA) != "Cancellation requested" {
		t.Errorf("pending: %q, and for tests %q", got, r.Status(idA))
	}
	r.clock.add(hour)
	if got := r.detail(idA).tag("detail_order_status_block").str("reminder"); got != "El vendedor rechazó tu solicitud de cancelación" {
		t.Errorf("refused: %q", got)
	}
}

func TestRegionalRedirect(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	const pinnedHere = "site=glo&region=US&b_locale=en_US&c_tp=USD"
	r.setLocale(pinnedHere)
	page := "/p/order/detail.html?orderId=" + idA
	if err := r.SetRegional(LocaleSpanish, 1); err != nil {
		t.Fatal(err)
	}
	status, _, to := r.fetch(r.www + page)
	if status != http.StatusFound || to != r.Regional()+"/p/order/detail.html?gatewayAdapt=glo2esp&orderId="+idA {
		t.Fatalf("%d to %s", status, to)
	}
	if status, body, _ := r.fetch(to); status != http.StatusOK || !strings.Contains(body, "/texts/es_ES.js") || !strings.Contains(body, `www: "`+r.Regional()) {
		t.Errorf("the regional page: %d", status)
	}
	// The regional page has pinned the caller: www stays out of reach.
	for range 2 {
		if status, _, _ := r.fetch(r.www + page); status != http.StatusFound {
			t.Errorf("pinned elsewhere: %d", status)
		}
	}
	if got := r.title(idA); got != "Procesando" {
		t.Errorf("calls of one who is pinned elsewhere: %q", got)
	}
	r.setLocale(pinnedHere)
	if status, _, _ := r.fetch(r.www + page); status != http.StatusOK {
		t.Errorf("pinned again: %d", status)
	}
	if err := r.SetRegional(LocalePortuguese, -1); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, _, to := r.fetch(r.www + page); !strings.Contains(to, "glo2bra") {
			t.Errorf("without end: %q", to)
		}
	}
	if err := r.SetRegional(LocalePortuguese, 0); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := r.fetch(r.www + page); status != http.StatusOK {
		t.Errorf("over: %d", status)
	}
	if r.SetRegional(LocaleEnglish, 1) == nil {
		t.Error("a redirect to the global site is taken")
	}
	if got := slices.Sorted(maps.Keys(languages)); len(got) != 3 {
		t.Errorf("locales: %v", got)
	}
}

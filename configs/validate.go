package configs

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// validate checks every value by itself and against the others, without
// looking at any file.
func (d *decoder) validate(c *Config) {
	d.need("data_dir", c.DataDir)
	d.oneOf("mode", c.Mode, ModeObserve, ModeConfirm, ModeAuto)
	d.need("control_socket", c.ControlSocket)
	if len(c.ControlSocket) > 107 {
		d.bad("control_socket", "is longer than the 107 bytes that a socket's path may have; choose a shorter one")
	}
	d.listen("webhooks.listen", c.Webhooks.Listen)
	if c.Webhooks.PublicURL != "" {
		d.origin("webhooks.public_url", c.Webhooks.PublicURL)
	}
	d.console(c)
	if c.Console.PasswordFile != "" {
		d.warn("console.password_file", "has no effect in this version: the console's pages are not there yet; /healthz, /readyz and /metrics are")
	}
	d.shops(c)
	d.accounts(c)
	d.browser(c)
	d.clocks(c.Clocks)
	d.calendar(c.Calendar)
	d.positive("retention.cases", c.Retention.Cases)
	d.positive("retention.evidence", c.Retention.Evidence)
	for i, r := range c.Rules {
		at := fmt.Sprintf("rules[%d].", i)
		d.need(at+"when", r.When)
		d.oneOf(at+"then", r.Then, ModeAuto, ModeConfirm, "ignore")
	}
	d.messages(c)
	d.alerts(c.Alerts)
	d.oneOf("log.level", c.Log.Level, "trace", "debug", "info", "warn", "error")
	d.oneOf("log.format", c.Log.Format, "json", "console")
}

func (d *decoder) console(c *Config) {
	if host, ok := d.listen("console.listen", c.Console.Listen); ok && !LoopbackHost(host) && c.Console.PasswordFile == "" {
		d.bad("console.listen", "is reachable from outside without a password; listen on 127.0.0.1 or set console.password_file")
	}
	if c.Console.Listen == c.Webhooks.Listen && !strings.HasSuffix(c.Console.Listen, ":0") {
		field := "console.listen"
		if d.at[field] == nil { // left at its default: the other one was set to it
			field = "webhooks.listen"
		}
		d.bad(field, "console and webhooks cannot both listen on %s; choose another port", c.Console.Listen)
	}
}

func (d *decoder) shops(c *Config) {
	if len(c.Shops) == 0 {
		d.bad("shops", "there is none; add one with its name, domain and token_file")
	}
	seen := map[string]int{}
	for i, s := range c.Shops {
		at := fmt.Sprintf("shops[%d].", i)
		d.name(at+"name", s.Name, seen, i)
		d.domain(at+"domain", s)
		if s.Endpoint != "" {
			d.origin(at+"endpoint", s.Endpoint)
		}
		if !apiVersion.MatchString(s.APIVersion) {
			d.bad(at+"api_version", "%q is not a version; write one such as 2026-10, or unstable", s.APIVersion)
		}
		d.credentials(at, s)
		d.shopAccounts(at, s, c.Accounts)
		d.positive(at+"poll_every", s.PollEvery)
		d.positive(at+"mapping.retry_for", s.Mapping.RetryFor)
		if ownTag(s.Mapping.TagPrefix) {
			d.bad(at+"mapping.tag_prefix", "tags that begin with countermand: are its own; choose another prefix, such as ae:")
		}
		d.supplierFirst(at, s)
	}
}

func (d *decoder) supplierFirst(at string, s Shop) {
	c := s.SupplierFirst
	d.oneOf(at+"supplier_first.refund", c.Refund, "original", "none", "store_credit")
	switch {
	case ownTag(c.Tag):
		d.bad(at+"supplier_first.tag", "tags that begin with countermand: are its own, and it takes them off; choose another, such as cancel-requested")
	case strings.Contains(c.Tag, ","):
		d.bad(at+"supplier_first.tag", "has a comma, which separates tags in Shopify; choose one tag without")
	case utf8.RuneCountInString(c.Tag) > 40:
		d.bad(at+"supplier_first.tag", "has more than 40 characters, which is what Shopify takes; choose a shorter one")
	}
	if !c.Enabled {
		if s.FlowSecretFile != "" {
			d.bad(at+"flow_secret_file", "Flow's requests are put to the supplier first, which is off; set supplier_first.enabled, or take this out")
		}
		return
	}
	d.need(at+"supplier_first.tag", c.Tag)
	if utf8.RuneCountInString(c.DeclineNote) > 500 {
		d.bad(at+"supplier_first.decline_note", "has more than 500 characters, which is what Shopify takes")
	}
}

// ownTag tells whether a tag is among those by which the shop is shown how its
// cases stand.
func ownTag(tag string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(tag)), "countermand:")
}

var (
	apiVersion = regexp.MustCompile(`^(\d{4}-(01|04|07|10)|unstable)$`)
	shopDomain = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.myshopify\.com$`)
	hostName   = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	plainName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$`)
	region     = regexp.MustCompile(`^[A-Z]{2}$`)
	language   = regexp.MustCompile(`^[a-z]{2}_[A-Z]{2}$`)
	currency   = regexp.MustCompile(`^[A-Z]{3}$`)
	bankCode   = regexp.MustCompile(`^[a-z]{2,3}$`)
	quietHours = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$`)
)

func (d *decoder) domain(field string, s Shop) {
	switch {
	case s.Domain == "":
		d.bad(field, "must be given: the shop's NAME.myshopify.com")
	case loopbackURL(s.Endpoint) && hostName.MatchString(s.Domain):
	case !shopDomain.MatchString(s.Domain):
		d.bad(field, "%q is not the shop's own domain; write NAME.myshopify.com, in lower case and without https://", s.Domain)
	}
}

// credentials: what the shop can be asked with, and what its webhooks can be
// checked with. Without the latter the polls must do.
func (d *decoder) credentials(at string, s Shop) {
	switch {
	case s.TokenFile == "" && s.ClientID == "":
		d.bad(at+"token_file", "must name a file with the Admin API access token, or set client_id and client_secret_file")
	case s.ClientID != "" && s.ClientSecretFile == "":
		d.bad(at+"client_secret_file", "must be set with client_id")
	}
	if len(s.WebhookSecrets()) == 0 {
		d.warn(at+"webhook_secret_files", "no webhook can be believed without the secret that signs it; cancels are found by polling, every %s", s.PollEvery)
	}
}

func (d *decoder) shopAccounts(at string, s Shop, accounts []Account) {
	if s.Account != "" && len(s.Accounts) > 0 {
		d.bad(at+"accounts", "is set beside account; keep one of the two")
	}
	if len(s.AccountNames()) == 0 {
		d.bad(at+"account", "must name the account that buys for this shop")
	}
	supplier := ""
	check := func(field, name string) {
		i := slices.IndexFunc(accounts, func(a Account) bool { return a.Name == name })
		switch {
		case i < 0:
			d.bad(field, "there is no account %q; add it under accounts, or name one of those there", name)
		case supplier == "":
			supplier = accounts[i].Supplier
		case supplier != accounts[i].Supplier:
			d.bad(field, "%q is an account at %s, those before it are at %s; a shop's accounts are at one supplier", name, accounts[i].Supplier, supplier)
		}
	}
	if s.Account != "" {
		check(at+"account", s.Account)
	}
	for i, name := range s.Accounts {
		check(fmt.Sprintf("%saccounts[%d]", at, i), name)
		if slices.Contains(s.Accounts[:i], name) {
			d.bad(fmt.Sprintf("%saccounts[%d]", at, i), "names %q a second time", name)
		}
	}
}

func (d *decoder) accounts(c *Config) {
	if len(c.Accounts) == 0 {
		d.bad("accounts", "there is none; add one with a name, then sign in with: countermand login NAME")
	}
	seen, profiles, remotes := map[string]int{}, map[string]string{}, map[string]string{}
	for i, a := range c.Accounts {
		at := fmt.Sprintf("accounts[%d].", i)
		d.name(at+"name", a.Name, seen, i)
		d.oneOf(at+"supplier", a.Supplier, Suppliers...)
		d.origin(at+"hosts.www", a.Hosts.WWW)
		d.origin(at+"hosts.mobile", a.Hosts.Mobile)
		d.origin(at+"hosts.login", a.Hosts.Login)
		d.origin(at+"hosts.api", a.Hosts.API)
		if other, twice := profiles[a.ProfileDir]; twice && a.Name != "" {
			d.bad(at+"profile_dir", "is the profile of account %s too; a profile belongs to one account", other)
		}
		profiles[a.ProfileDir] = a.Name
		d.remote(at+"remote_url", a.RemoteURL)
		if key := browserAt(a.RemoteURL); key != "" {
			if other, twice := remotes[key]; twice {
				d.bad(at+"remote_url", "is the browser of account %s too; a browser belongs to one account", other)
			}
			remotes[key] = a.Name
		}
		d.shape(at+"region", a.Region, region, "two capitals such as US")
		d.shape(at+"language", a.Language, language, "a language such as en_US")
		d.shape(at+"currency", a.Currency, currency, "three capitals such as USD")
		d.zone(at+"timezone", a.Timezone)
		d.pace(at+"pace.", a)
		d.positive(at+"cool_down", a.CoolDown)
	}
}

func (d *decoder) pace(at string, a Account) {
	if a.Pace.ActionsPerHour < 0 {
		d.bad(at+"actions_per_hour", "must not be negative")
	}
	if a.OnLoopback() {
		return
	}
	const why = "0 is for hosts on loopback only; a real site is worked at a person's pace, such as %s"
	if a.Pace.BetweenActions == 0 {
		d.bad(at+"between_actions", why, "20s")
	} else if a.Pace.BetweenActions < 5*time.Second {
		d.warn(at+"between_actions", "is faster than a person works; the site may challenge the account")
	}
	if a.Pace.Jitter == 0 {
		d.bad(at+"jitter", why, "20s")
	}
	if a.Pace.ActionsPerHour == 0 {
		d.bad(at+"actions_per_hour", why, "40")
	}
}

func (d *decoder) remote(field, text string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme) {
		d.bad(field, "must be the address of a browser's debugging port, such as http://127.0.0.1:9222")
	}
}

// browserAt is the same for all spellings of one browser's address: the scheme may be
// any of those that lead to a debugging port, and behind /devtools and /json stands
// what that port tells itself. Empty where there is none.
func browserAt(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	ip, err := netip.ParseAddr(host)
	switch {
	case LoopbackHost(host), err == nil && ip.IsUnspecified():
		host = "localhost"
	case err == nil:
		host = ip.Unmap().String()
	}
	n, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err == nil:
		port = strconv.FormatUint(n, 10) // 09222 is 9222
	case u.Scheme == "https", u.Scheme == "wss":
		port = "443"
	default:
		port = "80"
	}
	way := path.Clean("/" + u.Path)
	for _, own := range []string{"/devtools", "/json"} {
		if way == own || strings.HasPrefix(way, own+"/") {
			way = "/"
		}
	}
	return net.JoinHostPort(host, port) + way + "?" + u.RawQuery
}

func (d *decoder) clocks(c Clocks) {
	d.positive("clocks.answer", c.Answer)
	d.atLeastOne("clocks.ship_window_working_days", c.ShipWindowWorkingDays)
	d.atLeastOne("clocks.proof_working_days", c.ProofWorkingDays)
	d.atLeastOne("clocks.refund_warn_days", c.RefundWarnDays)
	d.atLeastOne("clocks.refund_due_days", c.RefundDueDays)
	if c.RefundDueDays < c.RefundWarnDays {
		d.bad("clocks.refund_due_days", "must not come before refund_warn_days (%d)", c.RefundWarnDays)
	}
	d.positive("clocks.unasked", c.Unasked)
	d.positive("clocks.dispute", c.Dispute)
	if c.Settle < time.Minute {
		d.bad("clocks.settle", "must be 1m or longer: a page may show an old state for minutes; 10m is the default")
	}
}

func (d *decoder) calendar(c Calendar) {
	d.oneOf("calendar.supplier", c.Supplier, "cn")
	d.shape("calendar.bank", c.Bank, bankCode, "a country's code such as us, gb, de, or ecb")
	d.zone("calendar.bank_timezone", c.BankTimezone)
}

func (d *decoder) alerts(a Alerts) {
	if err := checkCron(a.Digest); err != nil {
		d.bad("alerts.digest", "%v", err)
	}
	d.zone("alerts.timezone", a.Timezone)
	if a.QuietHours != "" {
		d.shape("alerts.quiet_hours", a.QuietHours, quietHours, "two times such as 22:00-07:00")
	}
	d.positive("alerts.repeat_every", a.RepeatEvery)
}

func (d *decoder) need(field, value string) {
	if value == "" {
		d.bad(field, "must be given")
	}
}

func (d *decoder) oneOf(field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		d.bad(field, "%q is not possible; write %s", value, strings.Join(allowed, " or "))
	}
}

func (d *decoder) shape(field, value string, shape *regexp.Regexp, want string) {
	if !shape.MatchString(value) {
		d.bad(field, "%q is not possible; write %s", value, want)
	}
}

func (d *decoder) positive(field string, v time.Duration) {
	if v <= 0 {
		d.bad(field, "must be longer than 0s")
	}
}

func (d *decoder) atLeastOne(field string, v int) {
	if v < 1 {
		d.bad(field, "must be 1 or more")
	}
}

// name checks a shop's or an account's name: it becomes part of paths and
// URLs, on file systems that may not tell capitals apart.
func (d *decoder) name(field, name string, seen map[string]int, i int) {
	if !plainName.MatchString(name) {
		d.bad(field, "%q is not a name; write up to 40 letters, digits, - and _", name)
		return
	}
	key := strings.ToLower(name)
	if first, twice := seen[key]; twice {
		d.bad(field, "%q is the name of entry %d too; names must differ", name, first+1)
		return
	}
	seen[key] = i
}

func (d *decoder) zone(field, name string) {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		d.bad(field, "%q is not a time zone; write one such as Europe/Berlin or UTC", name)
	}
}

// listen checks an address to listen on and gives its host.
func (d *decoder) listen(field, addr string) (host string, ok bool) {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		d.bad(field, "%q is not an address to listen on; write one such as 127.0.0.1:8780", addr)
		return "", false
	}
	return host, true
}

// origin checks the address of a site: https, or http on loopback, and
// nothing behind the host.
func (d *decoder) origin(field, text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		d.bad(field, "%q is not an address; write one such as https://example.com", text)
	case u.Scheme == "http" && !LoopbackHost(u.Hostname()):
		d.bad(field, "http is for loopback only; write https://%s", u.Host)
	case u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		d.bad(field, "must end after the host; write %s://%s", u.Scheme, u.Host)
	}
}

// Package configs holds what an operator sets: the configuration with its
// defaults, its strict reader, secrets, and the files that come with the
// program (a commented example, the site profile, the systemd unit).
//
// Load reports every problem of a file at once, each with its line, its field
// path and what to do. Nothing below the commands sees the file: they hand
// plain values on. The package knows nothing of the other rooms, so what only
// they can judge (a bank's country code, a rule's expression) is judged there.
package configs

import (
	"time"
	_ "time/tzdata" // zones of the configuration, on machines without zone files
)

// Config is a whole configuration. After Load every path in it is absolute,
// or "credential:NAME" where the credential is not visible to this process.
type Config struct {
	DataDir       string    `yaml:"data_dir"`
	Mode          string    `yaml:"mode"` // observe, confirm or auto
	ControlSocket string    `yaml:"control_socket"`
	ControlGroup  string    `yaml:"control_group"`
	Webhooks      Webhooks  `yaml:"webhooks"`
	Console       Console   `yaml:"console"`
	Shops         []Shop    `yaml:"shops"`
	Accounts      []Account `yaml:"accounts"`
	Browser       Browser   `yaml:"browser"`
	Clocks        Clocks    `yaml:"clocks"`
	Calendar      Calendar  `yaml:"calendar"`
	// Messages are templates of texts to the supplier, by kind and language;
	// MessageTexts gives them with those that are built in.
	Messages  map[string]map[string]string `yaml:"messages"`
	Retention Retention                    `yaml:"retention"`
	Rules     []Rule                       `yaml:"rules"`
	Alerts    Alerts                       `yaml:"alerts"`
	Log       Log                          `yaml:"log"`
}

// The modes.
const (
	ModeObserve = "observe" // never clicks a final confirm
	ModeConfirm = "confirm" // asks a person first
	ModeAuto    = "auto"
)

// Webhooks is where webhooks and calls of Flow are received.
type Webhooks struct {
	Listen string `yaml:"listen"`
	// PublicURL is the origin under which Shopify reaches Listen; empty: not
	// known, and the subscriptions are left to the operator.
	PublicURL string `yaml:"public_url"`
}

// Console is the address of the operator's pages, health and metrics.
type Console struct {
	Listen       string `yaml:"listen"`
	PasswordFile string `yaml:"password_file"`
}

// Shop is one Shopify store.
type Shop struct {
	Name             string `yaml:"name"`
	Domain           string `yaml:"domain"`
	Endpoint         string `yaml:"endpoint"` // after Load never empty: https://DOMAIN
	APIVersion       string `yaml:"api_version"`
	TokenFile        string `yaml:"token_file"`
	ClientID         string `yaml:"client_id"`
	ClientSecretFile string `yaml:"client_secret_file"`
	// WebhookSecretFiles are the operator's; WebhookSecrets adds the default.
	WebhookSecretFiles []string      `yaml:"webhook_secret_files"`
	PollEvery          time.Duration `yaml:"poll_every"`
	Account            string        `yaml:"account"`
	Accounts           []string      `yaml:"accounts"`
	LookBack           time.Duration `yaml:"look_back"`
	Mapping            Mapping       `yaml:"mapping"`
	SupplierFirst      SupplierFirst `yaml:"supplier_first"`
	FlowSecretFile     string        `yaml:"flow_secret_file"`
	WriteBack          WriteBack     `yaml:"write_back"`
}

// WebhookSecrets are the files that a webhook's signature is checked against:
// those named for it, else the app's client secret.
func (s Shop) WebhookSecrets() []string {
	if len(s.WebhookSecretFiles) == 0 && s.ClientSecretFile != "" {
		return []string{s.ClientSecretFile}
	}
	return s.WebhookSecretFiles
}

// AccountNames are the buyer accounts that may hold the shop's orders.
func (s Shop) AccountNames() []string {
	if s.Account != "" {
		return []string{s.Account}
	}
	return s.Accounts
}

// Mapping says where a shop order names its supplier orders.
type Mapping struct {
	AttributeKeys []string      `yaml:"attribute_keys"`
	Note          bool          `yaml:"note"`
	TagPrefix     string        `yaml:"tag_prefix"`
	Wait          time.Duration `yaml:"wait"`
	RetryFor      time.Duration `yaml:"retry_for"`
}

// SupplierFirst asks the supplier before the shop's order is cancelled.
type SupplierFirst struct {
	Enabled          bool   `yaml:"enabled"`
	Tag              string `yaml:"tag"`
	Refund           string `yaml:"refund"`
	Restock          bool   `yaml:"restock"`
	NotifyCustomer   bool   `yaml:"notify_customer"`
	DeclineOnRefusal bool   `yaml:"decline_on_refusal"`
	// DeclineNote is what the customer reads then.
	DeclineNote string `yaml:"decline_note"`
}

// WriteBack says what is shown in the shop about the cases of an order.
type WriteBack struct {
	Tags      bool `yaml:"tags"`
	Metafield bool `yaml:"metafield"`
}

// Suppliers are those that accounts[].supplier may name, the default first.
var Suppliers = []string{"aliexpress"}

// Account is one buyer account.
type Account struct {
	Name        string        `yaml:"name"`
	Supplier    string        `yaml:"supplier"`
	Hosts       Hosts         `yaml:"hosts"`
	ProfileDir  string        `yaml:"profile_dir"` // after Load never empty
	Headless    bool          `yaml:"headless"`
	RemoteURL   string        `yaml:"remote_url"`
	Region      string        `yaml:"region"`
	Language    string        `yaml:"language"`
	Currency    string        `yaml:"currency"`
	Timezone    string        `yaml:"timezone"`
	Pace        Pace          `yaml:"pace"`
	CoolDown    time.Duration `yaml:"cool_down"`
	SiteProfile string        `yaml:"site_profile"`
}

// Hosts are the origins of the site's four roles.
type Hosts struct {
	WWW    string `yaml:"www"`
	Mobile string `yaml:"mobile"`
	Login  string `yaml:"login"`
	API    string `yaml:"api"`
}

// Pace keeps the account at a person's speed.
type Pace struct {
	BetweenActions time.Duration `yaml:"between_actions"`
	Jitter         time.Duration `yaml:"jitter"`
	ActionsPerHour int           `yaml:"actions_per_hour"` // 0, on loopback only: no limit
}

// Browser is the Chromium that is started.
type Browser struct {
	Path     string        `yaml:"path"`
	Sandbox  string        `yaml:"sandbox"` // auto, on or off
	IdleStop time.Duration `yaml:"idle_stop"`
	Flags    []string      `yaml:"flags"`
	// GateListen is where the proxy listens that all of a browser's traffic
	// goes through: host and port, on loopback.
	GateListen string `yaml:"gate_listen"`
	// UpstreamProxyFile holds the address of a proxy that leads out of the
	// network, with its password; empty: none.
	UpstreamProxyFile string `yaml:"upstream_proxy_file"`
}

// Clocks are the deadlines of a case.
type Clocks struct {
	Answer                time.Duration `yaml:"answer"`
	ShipWindowWorkingDays int           `yaml:"ship_window_working_days"`
	ProofWorkingDays      int           `yaml:"proof_working_days"`
	NumberGrace           time.Duration `yaml:"number_grace"`
	RefundWarnDays        int           `yaml:"refund_warn_days"`
	RefundDueDays         int           `yaml:"refund_due_days"`
	Unasked               time.Duration `yaml:"unasked"`
	Dispute               time.Duration `yaml:"dispute"`
	Settle                time.Duration `yaml:"settle"`
}

// Calendar says on whose working days the clocks count.
type Calendar struct {
	Supplier     string   `yaml:"supplier"`
	Bank         string   `yaml:"bank"`
	BankTimezone string   `yaml:"bank_timezone"`
	Files        []string `yaml:"files"`
	// Years is what Files hold.
	Years []HolidayYear `yaml:"-"`
}

// Retention is how long ended cases and evidence are kept.
type Retention struct {
	Cases    time.Duration `yaml:"cases"`
	Evidence time.Duration `yaml:"evidence"`
}

// Rule decides how matching orders are handled.
type Rule struct {
	When string `yaml:"when"`
	Then string `yaml:"then"` // auto, confirm or ignore
}

// Alerts is whom to tell, and when.
type Alerts struct {
	URLsFile         string        `yaml:"urls_file"`
	Digest           string        `yaml:"digest"` // five cron fields; empty: no digest
	Timezone         string        `yaml:"timezone"`
	QuietHours       string        `yaml:"quiet_hours"` // 22:00-07:00
	HeartbeatURLFile string        `yaml:"heartbeat_url_file"`
	RepeatEvery      time.Duration `yaml:"repeat_every"`
}

// Log is what is written to standard error.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"` // json or console
}

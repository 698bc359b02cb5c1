package configs

import "time"

const day = 24 * time.Hour

// Default is the configuration of an empty file. It has no shop and no
// account, so it is not valid as it is.
func Default() *Config {
	return &Config{
		DataDir:       "/var/lib/countermand",
		Mode:          ModeObserve,
		ControlSocket: "/run/countermand/control.sock",
		Webhooks:      Webhooks{Listen: "127.0.0.1:8780"},
		Console:       Console{Listen: "127.0.0.1:8781"},
		Browser:       Browser{Sandbox: "auto", IdleStop: 5 * time.Minute, GateListen: "127.0.0.1:0"},
		Clocks: Clocks{
			Answer: 72 * time.Hour, ShipWindowWorkingDays: 7, ProofWorkingDays: 5, NumberGrace: 72 * time.Hour,
			RefundWarnDays: 15, RefundDueDays: 20, Unasked: 24 * time.Hour, Dispute: 12 * day, Settle: 10 * time.Minute,
		},
		Calendar:  Calendar{Supplier: "cn", Bank: "us", BankTimezone: "America/New_York"},
		Retention: Retention{Cases: 400 * day, Evidence: 180 * day},
		Alerts:    Alerts{Digest: "0 8 * * *", Timezone: "UTC", RepeatEvery: 4 * time.Hour},
		Log:       Log{Level: "info", Format: "json"},
	}
}

// setDefaults fills an entry of shops before its keys are read.
func (s *Shop) setDefaults() {
	*s = Shop{
		APIVersion: "2026-10",
		PollEvery:  time.Minute,
		LookBack:   72 * time.Hour,
		Mapping:    Mapping{Note: true, TagPrefix: "ae:", RetryFor: 48 * time.Hour},
		SupplierFirst: SupplierFirst{
			Tag: "cancel-requested", Refund: "original", Restock: true, NotifyCustomer: true, DeclineOnRefusal: true,
			DeclineNote: "Your order is already on its way to being shipped, so it can no longer be cancelled. Once it has arrived you can return it.",
		},
		WriteBack: WriteBack{Tags: true, Metafield: true},
	}
}

// setDefaults fills an entry of accounts before its keys are read.
func (a *Account) setDefaults() {
	*a = Account{
		Supplier: Suppliers[0],
		Hosts: Hosts{
			WWW: "https://www.aliexpress.com", Mobile: "https://m.aliexpress.com",
			Login: "https://login.aliexpress.com", API: "https://acs.aliexpress.com",
		},
		Headless: true, Region: "US", Language: "en_US", Currency: "USD", Timezone: "America/Los_Angeles",
		Pace:     Pace{BetweenActions: 20 * time.Second, Jitter: 20 * time.Second, ActionsPerHour: 40},
		CoolDown: 30 * time.Minute,
	}
}

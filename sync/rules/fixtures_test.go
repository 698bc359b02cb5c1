package rules

import (
	"time"

	"countermand/state"
)

var base = time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)

var orderLines = []state.Line{{ID: "l1", Title: "Lamp", Quantity: 2}}

func usd(units int64) state.Money { return state.Money{Units: units * 10_000, Currency: "USD"} }

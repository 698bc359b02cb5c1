package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"countermand/state"
)

// metrics are read from the store at each scrape, so they cannot drift from
// it. Each App has its own registry.
type metrics struct {
	registry *prometheus.Registry
	a        *App
	webhooks *prometheus.CounterVec
	cases    *prometheus.Desc
	accounts *prometheus.Desc
	due      *prometheus.Desc
}

func newMetrics(a *App) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(), a: a,
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "countermand_webhooks_total", Help: "Webhook deliveries by shop, topic and how they ended."}, []string{"shop", "topic", "outcome"}),
		cases:    prometheus.NewDesc("countermand_cases", "Cases by status.", []string{"status"}, nil),
		accounts: prometheus.NewDesc("countermand_account_state", "1 for the state that an account is in.", []string{"account", "state"}, nil),
		due:      prometheus.NewDesc("countermand_overdue_seconds", "How long the most overdue case has waited for the engine, on the daemon's clock.", nil, nil),
	}
	m.registry.MustRegister(m, m.webhooks, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Webhook counts one delivery.
func (m *metrics) Webhook(shop, topic, outcome string) {
	m.webhooks.WithLabelValues(shop, topic, outcome).Inc()
}

// Describe lists what Collect gives.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.cases
	ch <- m.accounts
	ch <- m.due
}

// Collect reads the store.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := m.a.store.View(ctx, func(tx state.ReadTx) error {
		counts, err := tx.CountByStatus()
		if err != nil {
			return err
		}
		for _, s := range state.Statuses {
			ch <- prometheus.MustNewConstMetric(m.cases, prometheus.GaugeValue, float64(counts[s]), string(s))
		}
		accounts, err := tx.Accounts()
		if err != nil {
			return err
		}
		for _, a := range accounts {
			ch <- prometheus.MustNewConstMetric(m.accounts, prometheus.GaugeValue, 1, a.Name, string(a.State))
		}
		due, ok, err := tx.NextDue()
		late := 0.0
		if ok {
			late = max(0, m.a.clock.Now().Sub(due).Seconds())
		}
		ch <- prometheus.MustNewConstMetric(m.due, prometheus.GaugeValue, late)
		return err
	})
	if err != nil {
		ch <- prometheus.NewInvalidMetric(m.cases, err)
	}
}

package state

import (
	"testing"
	"time"
)

func TestNotice(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return time.Date(2026, 11, 3, h, 0, 0, 0, time.UTC) }
	for name, tt := range map[string]struct {
		c                  Case
		want               Notice
		by                 Notice // for a scan at 20:00
		possible, undated  bool
		sentAfter, another bool
	}{
		"nothing was tried": {},
		"a first attempt": {
			c:    Case{Attempt: Attempt{FirstAt: at(8)}},
			want: Notice{at(8), NoticeAttempt}, by: Notice{at(8), NoticeAttempt},
		},
		"a click, and nothing seen": {
			c:    Case{Attempt: Attempt{FirstAt: at(8), DispatchedAt: at(9), ClickedAt: at(9)}},
			want: Notice{at(9), NoticeClick}, by: Notice{at(9), NoticeClick}, possible: true,
		},
		"a click, and a request seen later": {
			c:    Case{RequestedAt: at(12), Attempt: Attempt{ClickedAt: at(9)}},
			want: Notice{at(9), NoticeClick}, by: Notice{at(12), NoticeRequest}, possible: true, sentAfter: true,
		},
		"a request that stood before our click": {
			c:    Case{RequestedAt: at(7), Attempt: Attempt{ClickedAt: at(9)}},
			want: Notice{at(7), NoticeRequest}, by: Notice{at(7), NoticeRequest}, possible: true, sentAfter: true,
		},
		"a refused request of somebody else": {
			c:    Case{Attempt: Attempt{ClickedAt: at(1), NotOurs: true}},
			want: Notice{at(1), NoticeRefused}, by: Notice{at(1), NoticeRefused}, possible: true, undated: true,
		},
		"a restored backup": {
			c:    Case{Attempt: Attempt{ClickedAt: at(1), InLostPeriod: true}},
			want: Notice{at(1), NoticeLostPeriod}, by: Notice{at(1), NoticeLostPeriod}, possible: true, undated: true,
		},
		"a scan from before the order": {
			c:    Case{OrderedAt: at(20).Add(OrderDateGrace + time.Second), Attempt: Attempt{FirstAt: at(8)}},
			want: Notice{at(8), NoticeAttempt}, by: Notice{at(8), NoticeAttempt}, another: true,
		},
	} {
		scan := Tracking{Number: "LP1", FirstScanAt: at(20)}
		tt.c.Tracking = []Tracking{{Number: "LP0"}, scan}
		n := tt.c.Notice()
		if n != tt.want || n.Possible() != tt.possible || n.Undated() != tt.undated {
			t.Errorf("%s: %+v, possible %t, undated %t", name, n, n.Possible(), n.Undated())
		}
		if by := tt.c.NoticeBy(scan.FirstScanAt); by != tt.by {
			t.Errorf("%s: a scan is held against %+v, want %+v", name, by, tt.by)
		}
		if tt.c.SentAfterRequest() != tt.sentAfter || tt.sentAfter && !tt.c.ScanAfterRequest().Equal(at(20)) {
			t.Errorf("%s: sent after the request: %t, %s", name, tt.c.SentAfterRequest(), tt.c.ScanAfterRequest())
		}
		if tt.c.OlderThanOrder(scan) != tt.another {
			t.Errorf("%s: older than the order: %t", name, !tt.another)
		}
	}
}

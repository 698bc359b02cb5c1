package site

import (
	"testing"
)

func TestReplies(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	body := func(ret, data string) Reply {
		return Reply{Status: 200, Length: -1, Body: []byte(`{"api":"x","data":` + data + `,"ret":["` + ret + `"]}`)}
	}
	const ok = "SUCCESS::ok"
	status := func(n int) Reply {
		r := body(ok, `{"module":{"success":true}}`)
		r.Status = n
		return r
	}
	for name, x := range map[string]struct {
		r        Reply
		known    Outcome
		unlisted Outcome
	}{
		"says done by a flag":              {body(ok, `{"module":{"success":true}}`), OutcomeYes, OutcomeUnclear},
		"says done by a flag as text":      {body(ok, `{"module":{"success":"true"}}`), OutcomeYes, OutcomeUnclear},
		"says done by the order's state":   {body(ok, `{"order":{"state":"IN_CANCEL"}}`), OutcomeYes, OutcomeUnclear},
		"says done in words":               {body(ok, `{"toast":"You've canceled the order"}`), OutcomeYes, OutcomeUnclear},
		"as a script":                      {Reply{Status: 200, Length: -1, Body: []byte(` mtopjsonp3({"data":{"success":"true"},"ret":["SUCCESS::ok"]})`)}, OutcomeYes, OutcomeUnclear},
		"the envelope alone":               {body(ok, `{}`), OutcomeUnclear, OutcomeUnclear},
		"a yes beside a code of an error":  {body(ok, `{"success":true,"errorCode":"ORDER_STATUS_CHANGED","errorMessage":"This order cannot be changed"}`), OutcomeUnclear, OutcomeUnclear},
		"a yes beside an error's number":   {body(ok, `{"success":true,"module":{"errCode":1001}}`), OutcomeUnclear, OutcomeUnclear},
		"a no as an error's words":         {body(ok, `{"success":false,"errorMsg":"The seller declined your cancellation request"}`), OutcomeNo, OutcomeUnclear},
		"a yes beside no error":            {body(ok, `{"success":true,"errorCode":"","errorMsg":null,"errNo":0,"hasError":false,"error":"SUCCESS"}`), OutcomeYes, OutcomeUnclear},
		"a flag that denies":               {body(ok, `{"module":{"success":false}}`), OutcomeUnclear, OutcomeUnclear},
		"picked up by the courier":         {body(ok, `{"success":false,"text":"Your order has been picked up by the courier company and can't be canceled at this time"}`), OutcomeNo, OutcomeUnclear},
		"shipped":                          {body("FAIL_BIZ_X::no", `{"orderStatus":"WAIT_BUYER_ACCEPT_GOODS"}`), OutcomeNo, OutcomeUnclear},
		"the seller's no":                  {body(ok, `{"t":"The seller declined your cancellation request"}`), OutcomeNo, OutcomeUnclear},
		"yes and no":                       {body(ok, `{"success":true,"t":"The seller declined your cancellation request"}`), OutcomeUnclear, OutcomeUnclear},
		"already requested":                {body("FAIL_BIZ_REPEATED::A cancellation request is already being processed", `{}`), OutcomeAsked, OutcomeUnclear},
		"another no":                       {body("FAIL_BIZ_REASON::Please select a reason", `{}`), OutcomeUnclear, OutcomeUnclear},
		"a yes in an envelope that denies": {body("FAIL_BIZ_REASON::x", `{"success":true}`), OutcomeUnclear, OutcomeUnclear},
		"an expired token":                 {body("FAIL_SYS_TOKEN_EXOIRED::x", `{}`), OutcomeGateway, OutcomeGateway},
		"a lost session":                   {body("FAIL_SYS_SESSION_EXPIRED::x", `{}`), OutcomeGateway, OutcomeGateway},
		"a captcha":                        {body(`FAIL_SYS_USER_VALIDATE","RGV587_ERROR::SM::x`, `{"url":"https://x/_____tmd_____/punish"}`), OutcomeGateway, OutcomeGateway},
		"a captcha's page":                 {Reply{Status: 200, Length: -1, Body: []byte(`<script src="/_____tmd_____/punish?x5secdata=1">`)}, OutcomeGateway, OutcomeGateway},
		"a traffic limit":                  {body("FAIL_SYS_TRAFFIC_LIMIT::x", `{}`), OutcomeGateway, OutcomeGateway},
		"status 401":                       {status(401), OutcomeGateway, OutcomeGateway},
		"status 403":                       {status(403), OutcomeGateway, OutcomeGateway},
		"status 408":                       {status(408), OutcomeGateway, OutcomeGateway},
		"status 421":                       {status(421), OutcomeGateway, OutcomeGateway},
		"status 429":                       {status(429), OutcomeGateway, OutcomeGateway},
		"status 500":                       {status(500), OutcomeUnclear, OutcomeUnclear},
		"status 302":                       {Reply{Status: 302, Length: 0}, OutcomeUnclear, OutcomeUnclear},
		"no connection":                    {Reply{Stayed: true, Broken: true}, OutcomeStayed, OutcomeStayed},
		"a network error":                  {Reply{Broken: true}, OutcomeNone, OutcomeNone},
		"half a body":                      {Reply{Status: 200, Length: 500, Body: []byte(`{"ret":["SUCCESS::x"],"data":{"success":true}}`)}, OutcomeNone, OutcomeNone},
		"no event":                         {Reply{Silent: true}, OutcomeUnclear, OutcomeUnclear},
		"a body that could not be read":    {Reply{Status: 200, Length: 500, Unreadable: true}, OutcomeUnclear, OutcomeUnclear},
		"no JSON":                          {Reply{Status: 200, Length: 2, Body: []byte("ok")}, OutcomeUnclear, OutcomeUnclear},
	} {
		if got := p.JudgeReply(Verdict{Role: RoleAsking, Known: true}, x.r); got.Outcome != x.known {
			t.Errorf("%s, by a known write: %s, want %s", name, got.Outcome, x.known)
		}
		if got := p.JudgeReply(Verdict{Role: RoleAsking}, x.r); got.Outcome != x.unlisted {
			t.Errorf("%s, by an unlisted call: %s, want %s", name, got.Outcome, x.unlisted)
		}
		if got := p.JudgeReply(Verdict{Role: RolePreparation, Known: true}, x.r); got.Outcome.final() {
			t.Errorf("%s: a preparation says %s", name, got.Outcome)
		}
	}
	if !p.JudgeReply(Verdict{}, body("FAIL_SYS_ILLEGAL_ACCESS::x", `{}`)).Resend || p.JudgeReply(Verdict{}, body("FAIL_SYS_TRAFFIC_LIMIT::x", `{}`)).Resend {
		t.Error("only a token or a signature is sent again by the page")
	}
}

func TestBodyAndPageTogether(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ body, page, want Outcome }{
		{OutcomeUnclear, OutcomeYes, OutcomeYes}, {OutcomeUnclear, "", OutcomeUnclear}, {OutcomeYes, "", OutcomeYes}, {OutcomeYes, OutcomeYes, OutcomeYes},
		{OutcomeYes, OutcomeNo, OutcomeUnclear}, {OutcomeNo, OutcomeYes, OutcomeUnclear}, {OutcomeNone, OutcomeNo, OutcomeNo}, {OutcomeGateway, OutcomeYes, OutcomeYes},
		{OutcomeStayed, OutcomeYes, OutcomeUnclear}, {OutcomeStayed, "", OutcomeStayed}, {OutcomeYes, OutcomeUnclear, OutcomeYes},
	} {
		if got := Together(x.body, x.page); got != x.want {
			t.Errorf("%s and %s: %s, want %s", x.body, x.page, got, x.want)
		}
	}
}

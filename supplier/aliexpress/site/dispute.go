package site

import "strings"

// Dispute is the dispute form, from the order's own link to Submit.
type Dispute struct {
	// ButtonTypes are those of the button that holds the links to the form.
	ButtonTypes []string         `yaml:"button_types"`
	Selectors   DisputeSelectors `yaml:"selectors"`
	// The captions of what is clicked.
	YesCaptions      Texts `yaml:"yes_captions"`
	NoCaptions       Texts `yaml:"no_captions"`
	NextCaptions     Texts `yaml:"next_captions"`
	NextPageCaptions Texts `yaml:"next_page_captions"`
	// ConfirmTitles are those of the pop-up after Submit.
	ConfirmTitles Texts `yaml:"confirm_titles"`
	DoneTexts     Texts `yaml:"done_texts"`
	// Over are the codes of returns that are decided and paid.
	Over []string `yaml:"over"`
}

// DisputeSelectors are CSS; each a list of alternatives.
type DisputeSelectors struct {
	Order    []string `yaml:"order"`
	Line     []string `yaml:"line"`
	Yes      []string `yaml:"yes"`
	No       []string `yaml:"no"`
	Select   []string `yaml:"select"`
	Options  []string `yaml:"options"`
	Text     []string `yaml:"text"`
	Amount   []string `yaml:"amount"`
	Files    []string `yaml:"files"`
	Uploaded []string `yaml:"uploaded"`
	Next     []string `yaml:"next"`
	Submit   []string `yaml:"submit"`
	Done     []string `yaml:"done"`
	NextPage []string `yaml:"next_page"`
}

// DisputeQueries are what a dispute form is known by.
func (p Profile) DisputeQueries() map[string]Query {
	s := p.Dispute.Selectors
	return map[string]Query{
		"order": {Selectors: s.Order}, "line": {Selectors: s.Line}, "yes": {Selectors: s.Yes}, "no": {Selectors: s.No},
		"reasons": {Selectors: s.Select}, "choices": {Selectors: s.Options}, "text": {Selectors: s.Text}, "amount": {Selectors: s.Amount},
		"files": {Selectors: s.Files}, "uploaded": {Selectors: s.Uploaded}, "next": {Selectors: s.Next}, "send": {Selectors: s.Submit},
		"sent": {Selectors: s.Done},
	}
}

// ParseDispute reads the dispute form's data: whose it is, and what it offers
// for a parcel that came or did not.
func ParseDispute(a Answer, received bool) (order, line string, offered []Offer, err error) {
	m := a.data.get("module")
	list := m.get("reasonList")
	if came := m.get("reasonListForReceived"); received && came.there() {
		list = came
	}
	return m.get("tradeOrderId").str(), m.get("tradeOrderLineId").str(), readReasons(list), Formless(a)
}

// ChooseWish takes the first wish, a code or words, that exactly one offered
// reason fits.
func (p Profile) ChooseWish(wishes []string, offered []Offer) (Offer, bool) {
	for _, want := range wishes {
		var fits []Offer
		for _, o := range offered {
			if want == o.Code || fold(want) != "" && strings.Contains(fold(o.Text), fold(want)) {
				fits = append(fits, o)
			}
		}
		if len(fits) == 1 && p.Denies(Button{Caption: fits[0].Text}) == "" {
			return fits[0], true
		}
	}
	return Offer{}, false
}

// Submitted tells whether the page says that the dispute was sent.
func (p Profile) Submitted(v View) bool { return p.Dispute.DoneTexts.in(v.TextOf("sent")) != "" }

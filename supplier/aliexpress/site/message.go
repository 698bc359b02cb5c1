package site

// Messages are the pages on which messages to a seller are written. All of it is
// assumed; without selectors for the field and the button nothing is sent.
type Messages struct {
	// Hosts are those, beside the account's own, that an order's link to its
	// seller may lead to.
	Hosts     []string         `yaml:"hosts"`
	Selectors MessageSelectors `yaml:"selectors"`
	// SendCaptions are the button's.
	SendCaptions Texts `yaml:"send_captions"`
}

// MessageSelectors are CSS; each a list of alternatives.
type MessageSelectors struct {
	// Order and Store show whom the page writes to, and about what.
	Order []string `yaml:"order"`
	Store []string `yaml:"store"`
	// List is what holds the messages, Mine those from us, Empty what is
	// shown where there are none.
	List []string `yaml:"list"`
	Mine []string `yaml:"mine"`
	// Theirs are the seller's: with one of them the list has loaded, too.
	Theirs []string `yaml:"theirs"`
	Empty  []string `yaml:"empty"`
	Input  []string `yaml:"input"`
	Send   []string `yaml:"send"`
}

// MessageQueries are what a message page is known by.
func (p Profile) MessageQueries() map[string]Query {
	s := p.Messages.Selectors
	return map[string]Query{
		"order": {Selectors: s.Order}, "store": {Selectors: s.Store}, "list": {Selectors: s.List}, "mine": {Selectors: s.Mine}, "theirs": {Selectors: s.Theirs},
		"empty": {Selectors: s.Empty}, "input": {Selectors: s.Input}, "send": {Selectors: s.Send},
	}
}

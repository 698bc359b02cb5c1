package site

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

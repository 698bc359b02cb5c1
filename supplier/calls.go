package supplier

// SiteCall is a call or document of a supplier's site: what it is known to do,
// or what became of it where nobody knows.
type SiteCall struct {
	Name string `json:"name"`
	// Is says read, write, preparation or session; "" where it is not known.
	Is    string   `json:"is,omitempty"`
	Kind  string   `json:"kind,omitempty"`
	Words []string `json:"words,omitempty"`
	// From is built-in, learned or own file.
	From string `json:"from,omitempty"`
	// Passed counts how often an unknown one passed as a probable read, Failed
	// how often it was not let through, and Why says why the last time; since
	// the start of the daemon.
	Passed int    `json:"passed,omitempty"`
	Failed int    `json:"failed,omitempty"`
	Why    string `json:"why,omitempty"`
}

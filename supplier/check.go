package supplier

// Match says how a part of the profile fits the site.
type Match string

// The matches.
const (
	PartMatched  Match = "matched"
	PartFellBack Match = "fell back" // a later alternative matched, not the first
	PartMissing  Match = "missing"
	PartIdle     Match = "not shown" // nothing on the page asks for it now
	PartUnknown  Match = "new"       // the site has something that the profile does not know
	PartUnseen   Match = "not looked at"
)

// PartCheck is what one part of a site's profile does on the live site.
type PartCheck struct {
	// Part is the field's path in the profile.
	Part  string `json:"part"`
	Match Match  `json:"match"`
	// OK is false where the profile should be mended.
	OK bool `json:"ok"`
	// Detail says what was seen.
	Detail string `json:"detail"`
}

package configs

import (
	_ "embed" // for the profile
	"fmt"
)

// Profile is the site profile that comes with this version.
//
//go:embed aliexpress.profile.yaml
var Profile []byte

// SiteProfileData is the account's site profile: its own file where one is
// set, else the one that comes with this version.
func (a Account) SiteProfileData() ([]byte, error) {
	if a.SiteProfile == "" {
		return Profile, nil
	}
	data, err := readLimited(a.SiteProfile)
	if err != nil {
		return nil, fmt.Errorf("site profile %s of account %s %w", a.SiteProfile, a.Name, err)
	}
	return data, nil
}

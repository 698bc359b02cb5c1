package configs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Secret is a text that must not show in logs, errors or dumps. Whatever way
// it is printed or encoded, only a placeholder comes out; Reveal gives the
// text itself.
type Secret struct {
	// A pointer, because fmt prints the unexported fields of a struct around
	// us without asking our methods: there it finds an address.
	text *string
}

const redacted = "[redacted]"

// maxSecret is far above any token; a larger file is some other file.
const maxSecret = 64 << 10

// NewSecret wraps a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal gives the text. Hand it to what needs it and keep it nowhere.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String is a placeholder.
func (s Secret) String() string { return redacted }

// Format prints the placeholder under every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText encodes the placeholder, for JSON, YAML, slog and zerolog.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

const credentialPrefix = "credential:"

// ReadSecret reads a secret file as the configuration names it after Load.
// Space around the text is dropped; an empty file is an error. No error holds
// any of the file's content.
func ReadSecret(path string) (Secret, error) {
	if name, ok := strings.CutPrefix(path, credentialPrefix); ok {
		return Secret{}, fmt.Errorf("credential %s is not visible here: it exists only in a service whose unit says LoadCredential=%s:FILE", name, name)
	}
	f, err := os.Open(path)
	if err != nil {
		return Secret{}, secretFileError(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return Secret{}, secretFileError(path, err)
	}
	text := strings.TrimSpace(string(data))
	switch {
	case text == "":
		return Secret{}, fmt.Errorf("%s is empty; write the secret into it", path)
	case len(data) > maxSecret:
		return Secret{}, fmt.Errorf("%s is larger than any secret; is it the right file?", path)
	}
	return NewSecret(text), nil
}

func secretFileError(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s does not exist; create it with mode 0600 and the secret in it", path)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%s may not be read by this user; run as the daemon's user, or give the file to it", path)
	}
	return fmt.Errorf("read secret file: %w", err)
}

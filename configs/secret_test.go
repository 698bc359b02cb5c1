package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rs/zerolog"
)

const hidden = "shpat_do-not-show"

// holder is a struct of somebody else's with a secret in every position.
type holder struct {
	Public  Secret            `json:"public" yaml:"public"`
	Pointer *Secret           `json:"pointer" yaml:"pointer"`
	List    []Secret          `json:"list" yaml:"list"`
	Map     map[string]Secret `json:"map" yaml:"map"`
	private Secret
}

func TestSecretNeverShows(t *testing.T) {
	t.Parallel()
	s := NewSecret(hidden)
	h := holder{s, &s, []Secret{s}, map[string]Secret{"k": s}, s}
	shows := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		shows[verb] = fmt.Sprintf(verb, s)
		shows["pointer "+verb] = fmt.Sprintf(verb, &s)
		shows["holder "+verb] = fmt.Sprintf(verb, h)
		shows["holder pointer "+verb] = fmt.Sprintf(verb, &h)
	}
	shows["error"] = fmt.Errorf("ask with %v: %w", s, os.ErrInvalid).Error()
	shows["sprint"] = fmt.Sprint(s, &h)
	for name, encode := range map[string]func(any) ([]byte, error){"json": json.Marshal, "yaml": yaml.Marshal} {
		for _, v := range []any{s, &s, h, &h, map[string]any{"x": s}} {
			data, err := encode(v)
			if err != nil {
				t.Errorf("%s of %T: %v", name, v, err)
			}
			shows[fmt.Sprintf("%s %T", name, v)] = string(data)
		}
	}
	var log bytes.Buffer
	z := zerolog.New(&log)
	z.Info().Any("a", s).Interface("b", h).Stringer("c", s).Fields(map[string]any{"d": s, "e": &h}).Msgf("f %v", s)
	z.Info().Type("g", s).Strs("h", []string{s.String()}).Err(fmt.Errorf("i %v", s)).Send()
	slog.New(slog.NewJSONHandler(&log, nil)).Info("j", "s", s, "h", h)
	slog.New(slog.NewTextHandler(&log, nil)).Info("k", "s", s, "h", h)
	shows["logs"] = log.String()

	hex := fmt.Sprintf("%x", hidden)
	for how, text := range shows {
		if strings.Contains(text, hidden) || strings.Contains(strings.ToLower(text), hex) {
			t.Errorf("%s shows it: %s", how, text)
		}
	}
	for _, how := range []string{"%v", "%+v", "%#v", "%x", "json configs.Secret", "yaml configs.Secret", "logs"} {
		if !strings.Contains(shows[how], redacted) {
			t.Errorf("%s does not say that something is left out: %s", how, shows[how])
		}
	}
}

func TestSecretReveals(t *testing.T) {
	t.Parallel()
	s := NewSecret("abc")
	if s.Reveal() != "abc" {
		t.Error("the text is not kept")
	}
	var none Secret
	if none.Reveal() != "" || none.String() != redacted {
		t.Error("the zero secret is not empty")
	}
}

func TestReadSecret(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"ok": "  s3cret\r\n", "empty": "\n", "large": strings.Repeat("s3cret", maxSecret/6+1)})
	if s, err := ReadSecret(filepath.Join(dir, "ok")); err != nil || s.Reveal() != "s3cret" {
		t.Errorf("%q, %v", s.Reveal(), err)
	}
	for name, want := range map[string]string{"empty": "is empty", "large": "larger than", "none": "does not exist", ".": "read secret file"} {
		_, err := ReadSecret(filepath.Join(dir, name))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

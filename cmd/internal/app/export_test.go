package app

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/upkeep"
	"countermand/state"
	"countermand/supplier"
)

// unzip gives the files of an archive after holding each against SHA256SUMS.
func unzip(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files, sums := map[string]string{}, []string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(body)
		if f.Name != "SHA256SUMS" {
			sums = append(sums, fmt.Sprintf("%x  %s\n", sha256.Sum256(body), f.Name))
		}
	}
	if got := files["SHA256SUMS"]; got != strings.Join(sums, "") {
		t.Errorf("SHA256SUMS: %s, want %s", got, sums)
	}
	return files
}

// A daemon gives the file of a case to whoever may use its socket.
func TestExportOfADaemon(t *testing.T) {
	t.Parallel()
	c := config(t)
	cs := state.Case{ID: "01JNQ5Z3K0C8V4T2M6R7S9W1X4", Shop: "mystore", ShopOrder: "#1044", Account: "main", SupplierOrder: "8190000000000004", Status: state.Disputable, OpenedAt: begin}
	ref, err := upkeep.NewEvidence(c.DataDir).Keep(t.Context(), supplier.Evidence{CaseID: cs.ID, Name: "before-submit", Ext: "png", At: begin, Body: []byte("a picture")})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), Options{Config: c, Version: "v1.2.3", Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	err = a.store.Update(t.Context(), func(tx state.Tx) error {
		_, err := tx.PutCase(cs)
		return errors.Join(err, tx.AddEntry(cs.ID, state.Entry{At: begin.Add(time.Hour), To: state.Disputable, Detail: "x", Evidence: []string{ref}}))
	})
	if err == nil {
		err = a.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	p, err := control.NewClient(c.ControlSocket).Export(t.Context(), "1044", "Asia/Tokyo", &out)
	if err != nil || p.Evidence != 1 || p.MissingCount+p.ChangedCount > 0 {
		t.Fatalf("%+v %v", p, err)
	}
	files := unzip(t, out.Bytes())
	name, _, _ := strings.Cut(ref, "#")
	if files["evidence/"+name] != "a picture" {
		t.Errorf("the picture is not in the archive: %v", files)
	}
	if text := files["README.txt"]; !strings.Contains(text, "Asia/Tokyo") || !strings.Contains(text, "by countermand v1.2.3") {
		t.Error(text)
	}
}

// Openers are the suppliers whose accounts can be opened.
var Openers = openers

// How an account's browser leads out.
var (
	GateProxy           = gateProxy
	UpstreamInRehearsal = upstreamInRehearsal
)

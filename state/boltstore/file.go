package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// The head of a bbolt file: two pages, each a header and a meta record whose
// last field sums the others.
const (
	pageHeader = 16
	metaSize   = 64
	metaMagic  = 0xED0CDAED
	minPage    = 1 << 10
	maxPage    = 1 << 24
)

// inspect tells whether the file is yet to be made, and refuses one that
// bbolt would choke on. A file that was cut short opens without complaint and
// then kills the process with SIGBUS where the rest should be, so its length
// is compared with what its own meta page says, before it is mapped.
//
// It holds no lock: a writer may be at work. That one rewrites one meta page
// at a time, so the other is always whole and never promises too much.
func inspect(path string) (fresh bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, errors.New("it is not a file")
	case info.Size() == 0:
		return true, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	need, err := promised(f)
	if err != nil {
		return false, err
	}
	if info.Size() < need {
		return false, fmt.Errorf("it was cut short: %d bytes of %d; restore the last backup", info.Size(), need)
	}
	return false, nil
}

// meta is what we want of a meta page.
type meta struct {
	page, pages, txid uint64
}

// promised is the length in bytes that the newest meta page speaks of.
func promised(r io.ReaderAt) (int64, error) {
	var best *meta
	take := func(at int64) error {
		m, err := readMeta(r, at)
		if m != nil && (at == 0 || uint64(at) == m.page) && (best == nil || m.txid > best.txid) {
			best = m
		}
		return err
	}
	if err := take(0); err != nil {
		return 0, err
	}
	// The second stands one page behind the first, whatever a page is.
	for at := int64(minPage); at <= maxPage; at <<= 1 {
		if err := take(at); err != nil {
			return 0, err
		}
	}
	if best == nil {
		return 0, errors.New("it is not a countermand database, or its head is destroyed: name another file, or restore the last backup")
	}
	return int64(best.pages * best.page), nil
}

// readMeta reads the meta page at an offset, nil if there is none.
func readMeta(r io.ReaderAt, at int64) (*meta, error) {
	buf := make([]byte, metaSize)
	_, err := r.ReadAt(buf, at+pageHeader)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := binary.NativeEndian
	h := fnv.New64a()
	h.Write(buf[:56])
	if e.Uint32(buf) != metaMagic || e.Uint64(buf[56:]) != h.Sum64() {
		return nil, nil
	}
	return &meta{page: uint64(e.Uint32(buf[8:])), pages: e.Uint64(buf[40:]), txid: e.Uint64(buf[48:])}, nil
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

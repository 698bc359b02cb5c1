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
	_, err = head(f, info.Size())
	return false, err
}

// walk looks through all pages of an open file whose lock the caller holds,
// before anything of it is mapped.
func walk(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 { // yet to be made
		return err
	}
	m, err := head(f, info.Size())
	if err != nil {
		return err
	}
	problems, err := walkPages(f, *m)
	if err == nil && len(problems) > 0 {
		err = &DamagedError{problems}
	}
	return err
}

// meta is what we want of a meta page. Its numbers are of pages but for the
// first, the bytes of one, and the last.
type meta struct {
	page, root, freelist, pages, txid uint64
}

// head reads the newest meta page, the one that bbolt will go by, and refuses
// a file that is shorter than it says.
func head(r io.ReaderAt, size int64) (*meta, error) {
	var best *meta
	take := func(at int64) error {
		m, err := readMeta(r, at)
		if m != nil && (at == 0 || uint64(at) == m.page) && (best == nil || m.txid > best.txid) {
			best = m
		}
		return err
	}
	if err := take(0); err != nil {
		return nil, err
	}
	// The second stands one page behind the first, whatever a page is.
	for at := int64(minPage); at <= maxPage; at <<= 1 {
		if err := take(at); err != nil {
			return nil, err
		}
	}
	if best == nil {
		return nil, errors.New("it is not a countermand database, or its head is destroyed: name another file, or restore the last backup")
	}
	if best.page == 0 || best.pages > uint64(size)/best.page {
		return nil, fmt.Errorf("it was cut short: %d bytes of %d; restore the last backup", size, best.pages*best.page)
	}
	return best, nil
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
	return &meta{page: uint64(e.Uint32(buf[8:])), root: e.Uint64(buf[16:]), freelist: e.Uint64(buf[32:]), pages: e.Uint64(buf[40:]), txid: e.Uint64(buf[48:])}, nil
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package boltstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"
)

// The pages of a bbolt file, as bbolt v1 writes them.
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	elementSize  = 16 // of a branch and of a leaf alike
	bucketEntry  = 0x01
	bucketHeader = 16
	noFreelist   = ^uint64(0)

	// maxDepth is far beyond any tree that fits on a disk.
	maxDepth = 64
	// maxPageProblems is enough to know that only a backup helps.
	maxPageProblems = 20

	// A file that is not in memory is slow to read in the order of its trees,
	// so after some reads that take longer than this on average the rest is
	// fetched in the order of the disk.
	slowReads = 256
	slowRead  = 20 * time.Microsecond
)

// DamagedError: pages of a file do not hold together, and nothing but a backup
// mends that. Such a file is never mapped: bbolt believes every length and
// page number that it finds, and a wrong one ends the process with a signal
// that nothing catches.
type DamagedError struct {
	// Problems are lines as Check writes them; PageProblem holds for each.
	Problems []string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("one of its pages is destroyed, or more (%s)", strings.TrimPrefix(e.Problems[0], pageProblem))
}

// pageWalk reads every page that can be reached, with plain reads, and looks
// whether bbolt could follow it safely and would find each key: numbers and
// lengths within bounds, each page once, keys in order.
type pageWalk struct {
	r        io.ReaderAt
	meta     meta
	used     []bool
	reads    int
	waited   time.Duration // for them; negative: all was fetched
	bufs     [maxDepth][]byte
	lists    [maxDepth + 1][][]byte // of keys; the last is for buckets within a page
	problems []string
	err      error // of reading
}

// walkPages returns the problems of a file's pages. err is one of reading.
func walkPages(r io.ReaderAt, m meta) (problems []string, err error) {
	w := &pageWalk{r: r, meta: m, used: make([]bool, m.pages)}
	w.tree(m.root, nil, nil, 0)
	if m.freelist != noFreelist {
		w.freelist()
	}
	return w.problems, w.err
}

func (w *pageWalk) add(id uint64, format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf(pageProblem+"page %d: ", id)+fmt.Sprintf(format, args...))
}

func (w *pageWalk) done() bool { return w.err != nil || len(w.problems) >= maxPageProblems }

// page reads a page with those behind it that belong to it, nil if they are
// not to be trusted.
func (w *pageWalk) page(id uint64, depth int) []byte {
	size := w.meta.page
	if id < 2 || id >= w.meta.pages {
		w.add(id, "is asked for and the file has %d", w.meta.pages)
		return nil
	}
	if depth >= maxDepth {
		w.add(id, "stands too deep")
		return nil
	}
	raw := w.read(id, size, depth)
	if raw == nil {
		return nil
	}
	e := binary.NativeEndian
	own, more := e.Uint64(raw), uint64(e.Uint32(raw[12:]))
	if own != id {
		w.add(id, "calls itself %d", own)
		return nil
	}
	if more >= w.meta.pages-id {
		w.add(id, "is %d pages long and the file has %d", more+1, w.meta.pages)
		return nil
	}
	for n := id; n <= id+more; n++ {
		if w.used[n] {
			w.add(n, "is used twice")
			return nil
		}
		w.used[n] = true
	}
	if more > 0 {
		raw = w.read(id, size*(more+1), depth)
	}
	return raw
}

// read gives bytes that stay until the next page of that depth is read.
func (w *pageWalk) read(id, length uint64, depth int) []byte {
	if uint64(cap(w.bufs[depth])) < length {
		w.bufs[depth] = make([]byte, length)
	}
	raw := w.bufs[depth][:length]
	from := time.Now()
	if _, err := w.r.ReadAt(raw, int64(id*w.meta.page)); err != nil {
		w.err = fmt.Errorf("read page %d: %w", id, err)
		return nil
	}
	if w.waited >= 0 {
		w.reads++
		w.waited += time.Since(from)
		w.fetch()
	}
	return raw
}

// fetch brings all of a slow file into memory.
func (w *pageWalk) fetch() {
	if w.reads < slowReads || w.waited < time.Duration(w.reads)*slowRead {
		return
	}
	w.waited = -1
	all := io.NewSectionReader(w.r, 0, int64(w.meta.pages*w.meta.page))
	_, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, all, make([]byte, 1<<20)) // an error comes again with its page
}

// tree looks through a page and all below. Its keys are from least, up to but
// not including end; nil is no bound.
func (w *pageWalk) tree(id uint64, least, end []byte, depth int) {
	raw := w.page(id, depth)
	if raw == nil || w.done() {
		return
	}
	switch flags := binary.NativeEndian.Uint16(raw[8:]); flags {
	case branchPage:
		w.branch(id, raw, least, end, depth)
	case leafPage:
		w.leaf(id, raw, least, end, depth)
	default:
		w.add(id, "is of no known kind (%#x)", flags)
	}
}

func (w *pageWalk) branch(id uint64, raw, least, end []byte, depth int) {
	n := int(binary.NativeEndian.Uint16(raw[10:]))
	if n == 0 {
		w.add(id, "leads nowhere")
		return
	}
	keys := w.keys(id, raw, n, least, end, false, depth)
	for i := 0; i < len(keys) && !w.done(); i++ {
		below := end
		if i+1 < n {
			below = keys[i+1]
		}
		w.tree(binary.NativeEndian.Uint64(raw[pageHeader+i*elementSize+8:]), keys[i], below, depth+1)
	}
}

func (w *pageWalk) leaf(id uint64, raw, least, end []byte, depth int) {
	n := int(binary.NativeEndian.Uint16(raw[10:]))
	keys := w.keys(id, raw, n, least, end, true, depth)
	for i := 0; i < len(keys) && !w.done(); i++ {
		at := pageHeader + i*elementSize
		e := binary.NativeEndian
		switch flags := e.Uint32(raw[at:]); flags {
		case 0:
		case bucketEntry:
			from := at + int(e.Uint32(raw[at+4:])) + len(keys[i])
			w.bucket(id, keys[i], raw[from:from+int(e.Uint32(raw[at+12:]))], depth)
		default:
			w.add(id, "element %d is of no known kind (%#x)", i, flags)
		}
	}
}

// keys returns the keys of all elements, none if one of them is not in its
// place. bbolt packs them one behind the other, so that a page that lost count
// of its elements shows too. They stay until the next page of that depth.
func (w *pageWalk) keys(id uint64, raw []byte, n int, least, end []byte, values bool, depth int) [][]byte {
	first := pageHeader + n*elementSize // where the keys begin
	if first > len(raw) {
		w.add(id, "has no room for %d elements", n)
		return nil
	}
	if cap(w.lists[depth]) < n {
		w.lists[depth] = make([][]byte, n)
	}
	keys, next := w.lists[depth][:n], uint64(first)
	for i := range n {
		at := pageHeader + i*elementSize
		e := binary.NativeEndian
		from, key, value := uint64(e.Uint32(raw[at:])), uint64(e.Uint32(raw[at+4:])), uint64(0)
		if values {
			from, key, value = uint64(e.Uint32(raw[at+4:])), uint64(e.Uint32(raw[at+8:])), uint64(e.Uint32(raw[at+12:]))
		}
		from += uint64(at)
		if key == 0 || from != next || from+key+value > uint64(len(raw)) {
			w.add(id, "element %d is not in its place", i)
			return nil
		}
		next += key + value
		keys[i] = raw[from : from+key]
		if bytes.Compare(keys[i], least) < 0 || i > 0 && bytes.Equal(keys[i], least) || end != nil && bytes.Compare(keys[i], end) >= 0 {
			w.add(id, "element %d is out of order", i)
			return nil
		}
		least = keys[i]
	}
	return keys
}

// bucket looks through what an element holds that is a bucket: the number of
// its first page, or a small one as a whole.
func (w *pageWalk) bucket(id uint64, name, value []byte, depth int) {
	e := binary.NativeEndian
	if len(value) < bucketHeader {
		w.add(id, "bucket %q is cut short", name)
		return
	}
	if root := e.Uint64(value); root != 0 {
		w.tree(root, nil, nil, depth+1)
		return
	}
	inline := value[bucketHeader:]
	if len(inline) < pageHeader || e.Uint16(inline[8:]) != leafPage {
		w.add(id, "bucket %q has no page", name)
		return
	}
	n := int(e.Uint16(inline[10:]))
	for i := range w.keys(id, inline, n, nil, nil, true, maxDepth) {
		if e.Uint32(inline[pageHeader+i*elementSize:]) != 0 {
			w.add(id, "bucket %q: element %d is of no known kind", name, i)
		}
	}
}

// freelist looks at the list of free pages: one that is in use would be
// written over.
func (w *pageWalk) freelist() {
	id := w.meta.freelist
	raw := w.page(id, 0)
	if raw == nil {
		return
	}
	e := binary.NativeEndian
	if flags := e.Uint16(raw[8:]); flags != freelistPage {
		w.add(id, "is no list of free pages (%#x)", flags)
		return
	}
	n, list := uint64(e.Uint16(raw[10:])), raw[pageHeader:]
	if n == 0xffff { // the true number stands in front
		n, list = e.Uint64(list), list[8:]
	}
	if n > uint64(len(list)/8) {
		w.add(id, "has no room for %d free pages", n)
		return
	}
	for i := uint64(0); i < n && !w.done(); i++ {
		switch free := e.Uint64(list[8*i:]); {
		case free < 2 || free >= w.meta.pages:
			w.add(free, "is free and the file has %d", w.meta.pages)
		case w.used[free]:
			w.add(free, "is in use and free, or free twice")
		default:
			w.used[free] = true
		}
	}
}

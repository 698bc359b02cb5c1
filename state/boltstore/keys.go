package boltstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Times outside of these have no nanoseconds since 1970 in 64 bits. They sort
// at the ends, so a zero time is due at once.
var (
	earliest = time.Unix(0, math.MinInt64)
	latest   = time.Unix(0, math.MaxInt64)
)

// timeKey turns t into eight bytes that sort as the times do, also before
// 1970.
func timeKey(t time.Time) []byte {
	n := t.UnixNano()
	switch {
	case t.Before(earliest):
		n = math.MinInt64
	case t.After(latest):
		n = math.MaxInt64
	}
	return seqKey(uint64(n) ^ 1<<63)
}

func seqKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// words joins the leading words of a key, each behind its length, so that no
// word can run into the next.
func words(ws ...string) []byte {
	var k []byte
	for _, w := range ws {
		k = binary.BigEndian.AppendUint16(k, uint16(len(w)))
		k = append(k, w...)
	}
	return k
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// timedText and timedKey carry a place in a listing that is ordered by time
// through Page.After: sixteen hex digits and the record's id.
func timedText(k []byte) string { return fmt.Sprintf("%x%s", k[:8], k[8:]) }

func timedKey(after string) ([]byte, error) {
	if len(after) < 16 {
		return nil, fmt.Errorf("page after %q: not a place that a listing gave", after)
	}
	n, err := strconv.ParseUint(after[:16], 16, 64)
	if err != nil {
		return nil, fmt.Errorf("page after %q: not a place that a listing gave", after)
	}
	return append(seqKey(n), after[16:]...), nil
}

package boltstore

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// recordVersion is the version of the envelope and of the JSON in it.
const recordVersion = 1

// An envelope: version, revision, sum, body.
const (
	revAt  = 1
	sumAt  = 9
	bodyAt = 13
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Why a record cannot be read.
var (
	errShort   = errors.New("shorter than its own header")
	errSum     = errors.New("checksum does not fit")
	errVersion = errors.New("record version not known")
)

// seal wraps a body for one place in one bucket.
func seal(bucket string, key []byte, rev uint64, body []byte) []byte {
	raw := make([]byte, bodyAt, bodyAt+len(body))
	raw[0] = recordVersion
	binary.BigEndian.PutUint64(raw[revAt:], rev)
	raw = append(raw, body...)
	binary.BigEndian.PutUint32(raw[sumAt:], sum(bucket, key, raw))
	return raw
}

// unseal checks an envelope and returns what is in it. The body is bbolt's
// memory: decode it before the transaction ends.
func unseal(bucket string, key, raw []byte) (rev uint64, body []byte, err error) {
	if len(raw) < bodyAt {
		return 0, nil, errShort
	}
	if binary.BigEndian.Uint32(raw[sumAt:]) != sum(bucket, key, raw) {
		return 0, nil, errSum
	}
	if raw[0] != recordVersion {
		return 0, nil, fmt.Errorf("%w: %d", errVersion, raw[0])
	}
	return binary.BigEndian.Uint64(raw[revAt:]), raw[bodyAt:], nil
}

// sum covers where the record stands and all of it but the sum itself.
func sum(bucket string, key, raw []byte) uint32 {
	s := crc32.Checksum(words(bucket), castagnoli)
	s = crc32.Update(s, castagnoli, words(string(key)))
	s = crc32.Update(s, castagnoli, raw[:sumAt])
	return crc32.Update(s, castagnoli, raw[bodyAt:])
}

// encode makes a record of v.
func encode(bucket string, key []byte, rev uint64, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return seal(bucket, key, rev, body), nil
}

// decode reads a record into v.
func decode(bucket string, key, raw []byte, v any) (rev uint64, err error) {
	rev, body, err := unseal(bucket, key, raw)
	if err != nil {
		return 0, err
	}
	return rev, json.Unmarshal(body, v)
}

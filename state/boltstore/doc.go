// Package boltstore keeps countermand's state in one bbolt file. It is the
// only package that knows bbolt.
//
// # File
//
//	meta            application        "countermand"
//	                version            8 bytes, the schema's version
//	                counter            8 bytes, grows with each start, backup and request
//
//	cases           ID                 a state.Case
//	  case_status   STATUS ID          every case
//	  case_shop     SHOP ORDERID ID    every case
//	  case_supplier NUMBER ID          cases with a supplier order
//	  case_name     NAME ID            cases whose shop order has a name
//	  case_account  ACCOUNT ID         of these, the ones that have not ended
//	  case_due      TIME ID            cases with a DueAt
//	  case_ended    TIME ID            cases that have ended, by their EndedAt
//	case_counts     STATUS             8 bytes, how many rows case_status has
//	journal         CASEID SEQ         a state.Entry
//	effects         ID                 a state.Effect
//	  effect_lane   LANE TIME ID
//	knocks          SEQ                a state.Knock
//	  knock_due     TIME SEQ
//	seen            SHOP KEY           when a delivery was first seen
//	  seen_at       TIME SHOP KEY
//	alerts          ID                 a state.Alert
//	  alert_key     KEY
//	  alert_raised  TIME ID
//	  alert_due     TIME ID            alerts with a NextAt
//	  alert_case    CASEID ID          alerts about a case
//	  alert_settled TIME ID            the others, once nobody waits for them
//	accounts        NAME               a state.Account
//	mappings        SHOP ORDERNAME     a list of state.Mapping
//	  mapping_number NUMBER SHOP ORDERNAME
//	claims          SHOP ORDERID       a state.Claim
//	  claim_number  NUMBER SHOP ORDERID
//	  claim_read    TIME SHOP ORDERID  by their At
//	requests        SHOP ORDERID       a state.Request
//	forgotten       SHOP ORDERID       when the order's cases were deleted
//	marks           NAME               a word that a room left for itself
//	clock           "newest"           the latest stamp
//	quarantine      SEQ                a state.Quarantined
//	damaged         BUCKET KEY         the SEQ it stands under in quarantine
//
// The indented buckets are indexes. Their rows are computed from the record
// alone, are written in the transaction that writes it, and hold the record's
// key as their value. In a key every word but the last is preceded by its
// length in two bytes, NAME is a shop order's name without "#" and spaces
// around it and with A to Z in lower case, TIME is eight big-endian bytes of
// nanoseconds since 1970 that sort from the far past to the far future, SEQ is
// eight big-endian bytes.
//
// Version 1 had no case_name; version 2 kept the claims among the marks, and in
// cases and mappings English sentences where there are findings now. Open brings
// an older file to the present version in one transaction, and leaves a copy of
// it beside as FILE.vN.bak.
//
// # Place
//
// FILE.place beside the database says on which machine and with which inode its
// file stood, and what its counter was. Compaction, Restore and each start of a
// daemon write it anew (a migration does not replace the file). A counter that is
// behind the file's belongs to an older state of the database: records are lost,
// as after Restore. One that is not, at another place, belongs to a database that
// was copied or moved: Store.Place asks whether the old one is out of use, until
// Store.Claim. Where the file is gone, both is assumed.
//
// # Records
//
// A record is a version byte, an eight-byte revision, a CRC-32C and a JSON
// body. The sum covers the bucket, the key and all other bytes, because bbolt
// itself notices neither a flipped bit nor a value under a wrong key. The
// revision comes from the bucket's sequence, so a record that is deleted and
// made again never has a revision that an old copy could match.
//
// A record that cannot be read is moved to quarantine with its raw bytes, at
// the end of the transaction that came across it. Reading it by its key goes
// on to say state.ErrCorrupt until a new one is stored, and so do the lookups
// by shop order, its name and supplier order, those of claims too: "there is no
// case" must not be concluded from a broken one, or the order might be asked for
// twice, nor "there is one case", or a decision might go to the wrong one.
//
// # Size
//
// Deletions leave free pages, which later records use, but bbolt never gives
// one back to the disk. Open writes a large file that is mostly free anew.
//
// # Limits
//
// One process holds the file; after it has the lock it looks whether the file
// still has its name, because Restore and the rewriting put another one there. Transactions must be short; an Update inside an
// Update or a View waits until its context ends, as bbolt has one writer.
//
// bbolt follows whatever number it finds in a page, and a wrong one may end the
// process with a signal. Therefore Open reads every page first, with plain
// reads and under the lock, and refuses a file whose pages do not hold together
// with a DamagedError; a start reads the whole file once (100,000 cases: 0.15 s
// from memory).
//
// A full or read-only disk fails the Update and nothing else: what was stored
// stays readable, and the next Update that finds room succeeds. After an I/O
// error it is not known what the disk holds; DiskError says so, and the process
// should end and open the file anew.
package boltstore

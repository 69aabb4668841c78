package pending

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// State keeps entries in a file, so that they outlive the process, a kill -9 included.
type State struct{ db *bbolt.DB }

var (
	pendingBucket = []byte("pending")
	deadBucket    = []byte("dead")
	metaBucket    = []byte("meta")
	pauseKey      = []byte("pause")
)

// openTime is how long another process may take to let go of the file: one that is just ending, or a command.
const openTime = 2 * time.Second

// ErrInUse says that another process has the state file open.
var ErrInUse = errors.New("another process has it open: is a server already running on this state file?")

// Open opens the state file, or makes it. A file that is damaged is moved aside, to PATH.damaged-TIME, and an empty one takes its
// place: what it held is lost, and the log says so.
func Open(path string, logger *slog.Logger) (*State, error) {
	s, err := open(path)
	if err == nil {
		return s, nil
	}
	if errors.Is(err, ErrInUse) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || !damaged(err) {
		return nil, fmt.Errorf("opening the state file %s: %w", path, err)
	}
	aside := path + ".damaged-" + time.Now().UTC().Format("20060102T150405Z")
	if err := os.Rename(path, aside); err != nil {
		return nil, fmt.Errorf("moving the damaged state file aside: %w", err)
	}
	logger.Error("the state file is damaged and was moved aside; what was pending in it is lost, so ask for the checks with `server check --all`",
		"file", path, "moved to", aside, "error", err)
	if s, err = open(path); err != nil {
		return nil, fmt.Errorf("making the state file %s: %w", path, err)
	}
	return s, nil
}

// errDamaged says that the file's pages do not fit together.
var errDamaged = errors.New("its content is damaged")

func damaged(err error) bool {
	for _, known := range []error{berrors.ErrInvalid, berrors.ErrChecksum, berrors.ErrVersionMismatch, errDamaged} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// open opens the file and walks through all of it. A damaged file may make bbolt panic, or fault where its end is cut off.
func open(path string) (s *State, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var db *bbolt.DB
	defer func() {
		if said := recover(); said != nil {
			err = fmt.Errorf("%w: %v", errDamaged, said)
		}
		if err != nil && db != nil {
			_ = db.Close()
		}
	}()
	if db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: openTime, FreelistType: bbolt.FreelistMapType}); err != nil {
		if errors.Is(err, berrors.ErrTimeout) {
			return nil, ErrInUse
		}
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{pendingBucket, deadBucket, metaBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		for problem := range tx.Check() {
			return fmt.Errorf("%w: %w", errDamaged, problem)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s = &State{db: db}
	if _, err = s.Pending(); err == nil {
		_, err = s.Dead()
	}
	return s, err
}

// Close lets go of the file.
func (s *State) Close() error { return s.db.Close() }

// Put keeps entries, unless a later generation is kept already. They are on disk when it returns. Puts at the same time share one
// write, in any order.
func (s *State) Put(entries []Entry) error {
	return s.batch(func(tx *bbolt.Tx) error {
		for i := range entries {
			if generation(tx, entries[i].Name) > entries[i].Generation {
				continue
			}
			if err := put(tx.Bucket(pendingBucket), &entries[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func put(b *bbolt.Bucket, e *Entry) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return b.Put([]byte(e.Name), raw)
}

// Delete takes entries off, unless they are of a later generation than the given one.
func (s *State) Delete(entries []Entry) error {
	return s.batch(func(tx *bbolt.Tx) error {
		for _, e := range entries {
			if err := remove(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func remove(tx *bbolt.Tx, e Entry) error {
	if generation(tx, e.Name) > e.Generation {
		return nil
	}
	return tx.Bucket(pendingBucket).Delete([]byte(e.Name))
}

// generation is that of the entry which is kept; 0 for none.
func generation(tx *bbolt.Tx, name string) uint64 {
	var kept struct {
		Generation uint64 `json:"generation"`
	}
	if raw := tx.Bucket(pendingBucket).Get([]byte(name)); raw != nil {
		_ = json.Unmarshal(raw, &kept) // one that can't be read is replaced
	}
	return kept.Generation
}

// Bury moves an entry to the dead.
func (s *State) Bury(e Entry) error {
	return s.batch(func(tx *bbolt.Tx) error {
		if err := remove(tx, e); err != nil {
			return err
		}
		return put(tx.Bucket(deadBucket), &e)
	})
}

// Drop forgets dead entries.
func (s *State) Drop(names []string) error {
	return s.batch(func(tx *bbolt.Tx) error {
		for _, name := range names {
			if err := tx.Bucket(deadBucket).Delete([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *State) batch(f func(*bbolt.Tx) error) error {
	if err := s.db.Batch(f); err != nil {
		return fmt.Errorf("writing the state file %s: %w", s.db.Path(), err)
	}
	return nil
}

// Pending are the entries that are pending, by name.
func (s *State) Pending() ([]Entry, error) { return s.list(pendingBucket) }

// Dead are the entries that were given up, by name.
func (s *State) Dead() ([]Entry, error) { return s.list(deadBucket) }

func (s *State) list(bucket []byte) (list []Entry, err error) {
	list = []Entry{}
	err = s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		if b == nil { // Open makes it; Read finds a file as it is
			return fmt.Errorf("%w: it has no list %s", errDamaged, bucket)
		}
		return b.ForEach(func(name, raw []byte) error {
			var e Entry
			if err := json.Unmarshal(raw, &e); err != nil || e.Name != string(name) {
				return fmt.Errorf("%w: the entry %q can't be read", errDamaged, name)
			}
			list = append(list, e)
			return nil
		})
	})
	return list, err
}

// Paused is what is not to be posted.
func (s *State) Paused() (p Pause, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		if raw := tx.Bucket(metaBucket).Get(pauseKey); raw != nil {
			return json.Unmarshal(raw, &p)
		}
		return nil
	})
	return p, err
}

// SetPaused keeps what is not to be posted.
func (s *State) SetPaused(p Pause) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return s.batch(func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put(pauseKey, raw) })
}

// Read is what a state file holds, the pending entries first. Unlike Open it changes nothing: it neither makes a file nor moves a damaged
// one aside. It fails with ErrInUse while a server has the file open.
func Read(path string) (pending, dead []Entry, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if said := recover(); said != nil {
			err = fmt.Errorf("%w: %v", errDamaged, said)
		}
		if err != nil {
			err = fmt.Errorf("reading the state file %s: %w", path, err)
		}
	}()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: openTime, ReadOnly: true})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, nil, ErrInUse
	}
	if err != nil {
		return nil, nil, err
	}
	s := &State{db: db}
	defer func() { err = errors.Join(err, s.Close()) }()
	if pending, err = s.Pending(); err == nil {
		dead, err = s.Dead()
	}
	return pending, dead, err
}

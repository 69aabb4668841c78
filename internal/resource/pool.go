package resource

import (
	"errors"
	"strings"
	"sync"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/pathspec"
)

// poolFilter is the filter of https://github.com/concourse/pool-resource: one folder of a branch, or several.
type poolFilter struct {
	remote
	Branch string `json:"branch,omitempty"`
	Pool   string `json:"pool"`

	watched
	once  sync.Once
	files *pathspec.Set
}

func (f *poolFilter) fill(r *reader) {
	f.remote.fill(r)
	f.Branch, f.Pool = r.text("branch"), r.text("pool")
}

func (f *poolFilter) index() (err error) {
	if f.keys, err = f.find(); err == nil && f.Pool == "" && f.OverLimit == "" {
		err = errMissing("pool")
	}
	return err
}

func (f *poolFilter) prepare() { f.once.Do(func() { f.files = poolFolders(f.Pool) }) }

func (f *poolFilter) compile() error {
	if f.Branch == "" {
		return errMissing("branch")
	}
	switch f.prepare(); {
	case f.files.TooLarge():
		return tooLarge("pool: " + f.files.Uncertain())
	case f.files.Err() != nil:
		return errors.New("pool: git refuses it, so there is never a version")
	}
	return nil
}

// poolFolders are what `git log -- $pool_name` covers. The shell splits the pool at white space and expands what is a pattern of
// files; git reads each word as a pathspec, which covers at least what the pattern would have become.
func poolFolders(pool string) *pathspec.Set {
	if HasVar(pool) {
		return pathspec.Compile([]string{variable.FindString(pool)}, nil)
	}
	words := strings.FieldsFunc(pool, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' })
	for i, word := range words {
		words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return pathspec.Compile(words, nil)
}

// Decide follows https://github.com/concourse/pool-resource/blob/master/assets/check, which knows no [ci skip].
func (f *poolFilter) Decide(e event.Event, b *Budget) Decision {
	return f.certain(decide("pool", &f.watched, e, b, func(p event.Push) Decision {
		f.prepare()
		return touches(p, f.files, onBranch(f.Branch, p), b)
	}))
}

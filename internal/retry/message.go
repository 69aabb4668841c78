package retry

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/notify"
	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// Message is what a message of the retry queue or of the dead-letter queue holds: names and reasons, and nothing of a delivery's
// payload.
type Message struct {
	// Oldest is when the first delivery came that has no check yet.
	Oldest time.Time `json:"oldest"`
	Checks []Check   `json:"checks"`
	// Died is when the message was given up, and Error says why it can't be read; both are only of dead messages. Unreadable is then
	// its text, cut off where it is long.
	Died       time.Time `json:"died,omitzero"`
	Error      string    `json:"error,omitempty"`
	Unreadable string    `json:"unreadable,omitempty"`
}

// Check is a resource that Concourse is to check, and has not taken yet.
type Check struct {
	// Name is TEAM/PIPELINE[/VARS]/RESOURCE.
	Name string `json:"name"`
	// Deliveries are the ids of some of the deliveries that want it, and Providers the names of who sent them.
	Deliveries []string `json:"deliveries,omitempty"`
	Providers  []string `json:"providers,omitempty"`
	// Rule and Reason say why the last delivery concerns the resource.
	Rule   string `json:"rule,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Error says why it was not taken; only of a dead message.
	Error string `json:"error,omitempty"`
}

// The limits of what a message keeps of a check. A sender chooses its delivery's id, and paths that a reason quotes.
const (
	maxDeliveries = 10
	maxID         = 200
	maxText       = 500
	maxUnreadable = 32 << 10 // six times as much in JSON, at worst
)

// checksOf makes one check of all targets of the same resource. Only those are taken that wanted has by name.
func checksOf(targets []notify.Target, wanted map[string]bool) []Check {
	var checks []Check
	at := make(map[string]int)
	for _, t := range targets {
		name := t.Ref.String()
		if !wanted[name] {
			continue
		}
		i, ok := at[name]
		if !ok {
			i, at[name] = len(checks), len(checks)
			checks = append(checks, Check{Name: name})
		}
		c := &checks[i]
		c.Rule, c.Reason = t.Rule, cut(t.Reason, maxText)
		if id := cut(t.Delivery, maxID); id != "" && len(c.Deliveries) < maxDeliveries && !slices.Contains(c.Deliveries, id) {
			c.Deliveries = append(c.Deliveries, id)
		}
		if t.Provider != "" && !slices.Contains(c.Providers, t.Provider) {
			c.Providers = append(c.Providers, t.Provider)
		}
	}
	return checks
}

// cut cuts a text off after some bytes, between two characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

// packed is a message as it is sent, and the names in it.
type packed struct {
	body  string
	names []string
}

// pack spreads a message's checks over ten messages at most, so that few wait for the others of their message; over more where ten
// would be larger than SQS takes. What is too large by itself is left out.
func pack(m Message, messages int) (all []packed) {
	size := max(1, (len(m.Checks)+messages-1)/messages)
	for checks := range slices.Chunk(m.Checks, size) {
		all = append(all, fit(m, checks)...)
	}
	return all
}

func fit(m Message, checks []Check) []packed {
	m.Checks = checks
	body := encode(m)
	switch {
	case len(body) <= maxBytes:
		names := make([]string, len(checks))
		for i := range checks {
			names[i] = checks[i].Name
		}
		return []packed{{body, names}}
	case len(checks) == 1:
		return nil
	}
	half := len(checks) / 2
	return append(fit(m, checks[:half]), fit(m, checks[half:])...)
}

// xmlOnly escapes the characters that JSON may hold and SQS refuses, which takes those of XML 1.0.
var xmlOnly = strings.NewReplacer("\uFFFE", `\ufffe`, "\uFFFF", `\uffff`)

func encode(m Message) string {
	raw, err := json.Marshal(m)
	if err != nil { // never: it holds nothing but strings and years of four digits
		panic(err)
	}
	return xmlOnly.Replace(string(raw))
}

// parse reads a message. Its error quotes nothing of it.
func parse(body string) (Message, error) {
	var m Message
	if err := strictjson.Unmarshal([]byte(body), &m); err != nil {
		return Message{}, fmt.Errorf("reading the message: %w", err)
	}
	if m.Oldest.IsZero() || len(m.Checks) == 0 || slices.ContainsFunc(m.Checks, func(c Check) bool { return c.Name == "" }) {
		return m, errors.New("reading the message: it is not of this queue, whose messages have oldest, and checks with names")
	}
	return m, nil
}

// unreadable is the dead message of a message that can't be read. What is already one stays as it is.
func unreadable(body string, now time.Time, reason error) string {
	if m, err := parse(body); err != nil && !m.Died.IsZero() {
		return body
	}
	return encode(Message{Oldest: now, Checks: []Check{}, Died: now, Error: reason.Error(), Unreadable: cut(body, maxUnreadable)})
}

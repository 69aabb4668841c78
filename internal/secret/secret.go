// Package secret finds the values of references, which a config or a flag holds in place of a secret. It stands beside the
// way of a delivery: the secrets that a provider verifies with, and the login and webhook tokens that notify uses, come from
// it.
//
// It does not call a cloud itself: packages awssecret and awscall give the functions that do.
package secret

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/strictjson"
)

// maxFile bounds a secret's file, in bytes: a larger one is not a secret, and its path is wrong.
const maxFile = 64 << 10

// Resolver finds the values of references. The zero value knows the environment and files. It is safe for use by several
// goroutines if its functions are.
type Resolver struct {
	// SSM gives the decrypted value of a Systems Manager parameter; nil for a program without access to any.
	SSM func(ctx context.Context, name string) (string, error)
	// SecretsManager gives the current value of a Secrets Manager secret, by name or ARN; nil for a program without access to
	// any.
	SecretsManager func(ctx context.Context, id string) (string, error)
	// Getenv looks up the environment; os.Getenv where nil.
	Getenv func(name string) string
}

// Resolve gives the value of a reference:
//
//	env:NAME                      the environment variable
//	file:PATH                     the file, without one newline at its end
//	ssm:NAME                      the parameter, decrypted
//	secretsmanager:ID[#KEY]       the secret, or the member KEY of the JSON object that it holds
//
// Any other text is itself the value, and literal is true, unless it looks like a mistyped reference. An empty value is an error, since
// anybody could give an empty secret. Errors name the reference and never hold a value.
func (r *Resolver) Resolve(ctx context.Context, ref string) (value string, literal bool, err error) {
	scheme, name, ok := split(ref)
	if !ok {
		if err := checkLiteral(ref); err != nil {
			return "", true, fmt.Errorf("resolving a secret: %w", err)
		}
		return ref, true, nil
	}
	if name == "" {
		return "", false, fmt.Errorf("resolving the reference %s: nothing follows the colon", ref)
	}
	if strings.TrimSpace(name) != name {
		return "", false, fmt.Errorf("resolving the reference %q: there is a blank or newline around the name: take it away", ref)
	}
	switch scheme {
	case "env":
		value = r.getenv(name)
	case "file":
		value, err = readFile(name)
	case "ssm":
		value, err = call(ctx, r.SSM, name)
	case "secretsmanager":
		value, err = r.secretsManager(ctx, name)
	}
	if err != nil {
		return "", false, fmt.Errorf("resolving the reference %s: %w", ref, err)
	}
	if strings.TrimSpace(value) == "" {
		return "", false, fmt.Errorf("resolving the reference %s: its value is empty or not set", ref)
	}
	return value, false, nil
}

// IsReference reports whether ref is a reference. The text of a reference may be shown; that of a literal may not.
func IsReference(ref string) bool {
	_, _, ok := split(ref)
	return ok
}

var schemes = []string{"env", "file", "ssm", "secretsmanager"}

func split(ref string) (scheme, name string, ok bool) {
	scheme, name, ok = strings.Cut(ref, ":")
	if ok && slices.Contains(schemes, scheme) {
		return scheme, name, true
	}
	return "", "", false
}

func (r *Resolver) getenv(name string) string {
	if r.Getenv != nil {
		return r.Getenv(name)
	}
	return os.Getenv(name)
}

func (r *Resolver) secretsManager(ctx context.Context, name string) (string, error) {
	id, key, hasKey := strings.Cut(name, "#") // neither a secret's name nor its ARN holds a #
	value, err := call(ctx, r.SecretsManager, id)
	if err != nil || !hasKey {
		return value, err
	}
	return member(value, key)
}

func call(ctx context.Context, get func(context.Context, string) (string, error), name string) (string, error) {
	if get == nil {
		return "", errors.New("this program has no access to it; use env: or file: here")
	}
	return get(ctx, name)
}

// member gives one member of a JSON object as text.
func member(object, key string) (string, error) {
	var members map[string]json.RawMessage
	if err := strictjson.Unmarshal([]byte(object), &members); err != nil {
		return "", fmt.Errorf("reading the secret as a JSON object: %w; leave out #%s to use the whole secret", err, key)
	}
	raw, ok := members[key]
	if !ok {
		return "", fmt.Errorf("the secret's JSON object has no member %q", key)
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil // also for null: Resolve refuses the empty text
	}
	if raw[0] == '{' || raw[0] == '[' {
		return "", fmt.Errorf("the member %q of the secret's JSON object is not text", key)
	}
	return string(raw), nil
}

// Region is that of an ARN (arn:PARTITION:SERVICE:REGION:ACCOUNT:...), or the program's own if id is no ARN.
func Region(id, own string) string {
	if parts := strings.SplitN(id, ":", 6); len(parts) == 6 && parts[0] == "arn" && parts[3] != "" {
		return parts[3]
	}
	return own
}

// readFile reads a secret's file. To open a named pipe would wait for whoever writes to it, maybe for ever.
func readFile(path string) (string, error) {
	switch info, err := os.Stat(path); {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", err
	}
	if len(data) > maxFile {
		return "", fmt.Errorf("the file is larger than %d bytes", maxFile)
	}
	if line, ok := bytes.CutSuffix(data, []byte("\n")); ok {
		data = bytes.TrimSuffix(line, []byte("\r"))
	}
	return string(data), nil
}

package provider

import (
	"crypto/hmac"
	"encoding/hex"
	"hash"
	"net/http"
	"strings"
)

// SignatureHeader is a header that holds the hexadecimal HMAC of what was signed.
type SignatureHeader struct {
	Name string
	// Prefix comes before the digits: "sha256=".
	Prefix string
	Hash   func() hash.Hash
}

// Present reports whether the request has the header, though it be empty.
func (s SignatureHeader) Present(h http.Header) bool { return len(h.Values(s.Name)) > 0 }

// Verify reports whether the header is, for one of the secrets, the signature of signed; else an *UnauthorizedError that
// names the header and reveals nothing of what would have been right.
func (s SignatureHeader) Verify(h http.Header, signed []byte, secrets []string) error {
	digits, ok := strings.CutPrefix(h.Get(s.Name), s.Prefix)
	mac, err := hex.DecodeString(digits)
	if !ok || err != nil || len(mac) != s.Hash().Size() {
		return Unauthorized("the %s header is malformed: %s%d hexadecimal digits are expected", s.Name, s.prefixWords(), 2*s.Hash().Size())
	}
	if !AnyMAC(mac, secrets, func(secret string) []byte { return s.sum(secret, signed) }) {
		return Unauthorized("the %s header is not the signature of the body", s.Name)
	}
	return nil
}

func (s SignatureHeader) prefixWords() string {
	if s.Prefix == "" {
		return ""
	}
	return s.Prefix + " and "
}

func (s SignatureHeader) sum(secret string, signed []byte) []byte {
	m := hmac.New(s.Hash, []byte(secret))
	m.Write(signed)
	return m.Sum(nil)
}

// VerifyFirst verifies the first of the headers that the request has; with none it is unauthorized.
func VerifyFirst(headers []SignatureHeader, h http.Header, signed []byte, secrets []string) error {
	for _, s := range headers {
		if s.Present(h) {
			return s.Verify(h, signed, secrets)
		}
	}
	names := make([]string, len(headers))
	for i, s := range headers {
		names[i] = s.Name
	}
	return Unauthorized("no %s header", strings.Join(names, " or "))
}

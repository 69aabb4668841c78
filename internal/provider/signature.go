package provider

import (
	"crypto/hmac"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strings"
)

// SignatureHeader is a header that holds a hexadecimal HMAC.
type SignatureHeader struct {
	Name string
	// Prefix comes before the digits: "sha256=".
	Prefix string
	Hash   func() hash.Hash
}

// SignatureHeaders are the headers that may hold the signature. The first that a request has counts, even an empty one.
type SignatureHeaders []SignatureHeader

// Refuse is a Provider's Refuse: the header that counts is missing or malformed.
func (s SignatureHeaders) Refuse(req *Request, _ []string) error {
	_, _, err := s.read(req.Header)
	return err
}

// VerifyBody is a Provider's Verify where the raw body is what is signed.
func (s SignatureHeaders) VerifyBody(req *Request, secrets []string) error {
	return s.Verify(req.Header, req.Body, secrets)
}

// Verify reports whether the header that counts is the signature of signed under one of the secrets. If not, the error is
// an *UnauthorizedError.
func (s SignatureHeaders) Verify(h http.Header, signed []byte, secrets []string) error {
	header, mac, err := s.read(h)
	if err != nil {
		return err
	}
	if !AnyMAC(header.Hash, [][]byte{mac}, secrets, signed) {
		return Unauthorized("the %s header is not the signature of the body", header.Name)
	}
	return nil
}

// read finds the header that counts, and decodes it.
func (s SignatureHeaders) read(h http.Header) (SignatureHeader, []byte, error) {
	names := make([]string, len(s))
	for i, header := range s {
		if len(h.Values(header.Name)) > 0 {
			mac, err := header.decode(h.Get(header.Name))
			return header, mac, err
		}
		names[i] = header.Name
	}
	return SignatureHeader{}, nil, Unauthorized("no %s header", strings.Join(names, " or "))
}

func (s SignatureHeader) decode(value string) ([]byte, error) {
	digits, ok := strings.CutPrefix(value, s.Prefix)
	mac, err := hex.DecodeString(digits)
	if size := s.Hash().Size(); !ok || err != nil || len(mac) != size {
		expected := fmt.Sprintf("%d hexadecimal digits are expected", 2*size)
		if s.Prefix != "" {
			expected = s.Prefix + " and " + expected
		}
		return nil, Unauthorized("the %s header is malformed: %s", s.Name, expected)
	}
	return mac, nil
}

// AnyMAC reports whether one of macs is the HMAC of the parts, one after the other, under one of the secrets, in constant time. It
// hashes the parts once for each secret, however many macs somebody puts into a header.
func AnyMAC(h func() hash.Hash, macs [][]byte, secrets []string, parts ...[]byte) bool {
	found := 0
	for _, secret := range secrets {
		m := hmac.New(h, []byte(secret))
		for _, part := range parts {
			m.Write(part)
		}
		right := m.Sum(nil)
		for _, mac := range macs {
			found |= subtle.ConstantTimeCompare(mac, right)
		}
	}
	return found == 1
}

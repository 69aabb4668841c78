package providertest

import (
	"crypto/hmac"
	"encoding/hex"
	"hash"
)

// HexMAC is the hexadecimal HMAC of the body.
func HexMAC(h func() hash.Hash, secret, body string) string {
	m := hmac.New(h, []byte(secret))
	m.Write([]byte(body))
	return hex.EncodeToString(m.Sum(nil))
}

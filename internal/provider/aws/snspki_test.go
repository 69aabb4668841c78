package aws_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"time"
)

// issuerURL is where the fake authority's certificate is, which SNS leaves out.
const issuerURL = "http://crt.r2m01.amazontrust.com/r2m01.cer"

// certified is a certificate with its key.
type certified struct {
	*x509.Certificate
	key crypto.Signer
}

// hierarchy is a root, and what it certifies. stranger is a root that nobody trusts.
type hierarchy struct {
	roots                  *x509.CertPool
	root, middle, stranger certified
}

var authorities = sync.OnceValue(func() (h hierarchy) {
	h.root, h.stranger = certify(authority("root"), nil), certify(authority("stranger"), nil)
	h.middle = certify(authority("middle"), &h.root)
	h.roots = x509.NewCertPool()
	h.roots.AddCert(h.root.Certificate)
	return h
})

func authority(name string) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
}

// signer signs as SNS does.
var signer = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// leaf is a certificate that SNS may have until the time. The first name is the common name, too.
func leaf(until time.Time, names ...string) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, IssuingCertificateURL: []string{issuerURL},
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
	}
}

// certify makes a certificate that the issuer, or nobody else, signs. An authority has a key of its own, any other SNS's.
func certify(template *x509.Certificate, issuer *certified) certified {
	template.SerialNumber = big.NewInt(1)
	made := certified{key: signer()}
	if template.IsCA {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		made.key = key
		template.NotBefore, template.NotAfter = time.Unix(0, 0), time.Unix(1<<32, 0)
	}
	if issuer == nil {
		issuer = &certified{template, made.key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.Certificate, made.key.Public(), issuer.key)
	if err != nil {
		panic(err)
	}
	if made.Certificate, err = x509.ParseCertificate(der); err != nil {
		panic(err)
	}
	return made
}

func asPEM(chain ...certified) []byte {
	var b strings.Builder
	for _, c := range chain {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return []byte(b.String())
}

package oidc

import "time"

// SetClock makes the keys, and the verifiers with them, take the time from now.
func (k *Keys) SetClock(now func() time.Time) { k.now = now }

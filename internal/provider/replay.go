package provider

import "time"

// skew is how far a sender's clock may be ahead of ours.
const skew = 5 * time.Minute

// Fresh refuses a delivery that was signed longer ago than its provider would send it again by itself: somebody else plays it again.
// The time counts only where it is known when the request arrived: a queue of the operator's own may have kept it for days.
func (r *Request) Fresh(signed time.Time, longestRetry time.Duration) error {
	if r.Received.IsZero() {
		return nil
	}
	switch age := r.Received.Sub(signed); {
	case age > longestRetry:
		return Unauthorized("the delivery was signed too long ago: it is played again, or a clock is wrong")
	case age < -skew:
		return Unauthorized("the delivery was signed at a time that is yet to come: a clock is wrong")
	}
	return nil
}

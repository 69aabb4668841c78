package provider

import "time"

// Fresh refuses a delivery that was signed longer ago than its provider would send it again by itself: somebody else plays it again.
// The time counts only where it is known when the request arrived: a queue of the operator's own may have kept it for days. A time that
// is yet to come says only that a clock is wrong, and costs no check.
func (r *Request) Fresh(signed time.Time, longestRetry time.Duration) error {
	if !r.Received.IsZero() && r.Received.Sub(signed) > longestRetry {
		return Unauthorized("the delivery was signed too long ago: it is played again, or a clock is wrong")
	}
	return nil
}

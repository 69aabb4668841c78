package provider

// Unforgiving is a provider whose sender repeats nothing by itself, and sends nothing any more for a while where several
// deliveries in a row failed. To answer it that Concourse is not well would bring no check back, and lose those to come.
type Unforgiving interface {
	Provider
	// Unforgiving says nothing; it marks the provider.
	Unforgiving()
}

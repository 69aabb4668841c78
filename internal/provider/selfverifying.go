package provider

// SelfVerifying is a provider whose authenticity does not rest on a shared secret, as a public key does not. Its Verify is
// called always: without secrets, and where unsigned deliveries are allowed; it decides by itself what it needs. It may call
// out to find out, so an error that is neither an *UnauthorizedError nor a *MalformedError says that it could not: the
// sender is to try again (503). So it is with its Parse.
type SelfVerifying interface {
	Provider
	// SelfVerifying says nothing; it marks the provider.
	SelfVerifying()
}

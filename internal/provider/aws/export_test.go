package aws

// NewSNSWithRoots is NewSNS that trusts certificates of its own.
var NewSNSWithRoots = newSNS

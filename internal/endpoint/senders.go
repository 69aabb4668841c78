package endpoint

import (
	"net/http"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
)

// Senders are all providers that speak HTTP, as an endpoint that takes webhooks serves them.
func Senders(s Settings) []provider.Provider {
	return providers.Served(&http.Client{Timeout: 10 * time.Second}, s.SNSTopics...)
}

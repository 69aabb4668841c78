package endpoint

import (
	"net/http"
	"time"

	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providers"
)

// Providers are all providers that speak HTTP, for an endpoint that takes webhooks.
func Providers(s Settings) []provider.Provider {
	return providers.Served(&http.Client{Timeout: 10 * time.Second}, s.SNSTopics...)
}

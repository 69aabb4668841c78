package eventgrid

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
)

// blobs are the blob, once for each name that it may have. The subject has the name, /blobServices/default/containers/CONTAINER/blobs/NAME,
// and the URL has it escaped. It is not said whether the subject may be escaped too, so both count.
func (e gridEvent) blobs() ([]event.Event, error) {
	var in struct {
		URL string `json:"url"` // https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME, or .dfs.
	}
	if err := e.decode(&in); err != nil {
		return nil, err
	}
	host, path := "", ""
	if u, err := url.Parse(in.URL); err == nil {
		host, path = u.Hostname(), strings.TrimPrefix(u.Path, "/")
	}
	account, _, _ := strings.Cut(host, ".")
	account = cmp.Or(e.resource("storageAccounts"), strings.ToLower(account))
	_, subject, _ := strings.Cut(e.Subject, "/containers/")
	container, name, ok := strings.Cut(subject, "/blobs/")
	fromURL := strings.TrimPrefix(path, container+"/") // that of the container $root is missing from its URLs
	if !ok {
		container, fromURL, _ = strings.Cut(path, "/")
	}
	if account == "" || container == "" || name == "" && fromURL == "" {
		return nil, provider.Malformed("subject and data.url do not say the account, the container and the blob")
	}
	var events []event.Event
	for _, key := range slices.Compact([]string{name, fromURL}) {
		if key != "" {
			events = append(events, event.ObjectCreated{Store: event.Azure, Bucket: account + "/" + container, Key: key})
		}
	}
	return events, nil
}

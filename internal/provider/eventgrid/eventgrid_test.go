package eventgrid_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dpb587/concourse-resource-endpoints/internal/event"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/eventgrid"
	"github.com/dpb587/concourse-resource-endpoints/internal/provider/providertest"
)

const id = "831e1650-001e-001b-66ab-eeb76e069631"

func TestParse(t *testing.T) {
	t.Parallel()
	image := provider.Delivery{
		ID: id, Name: "Microsoft.ContainerRegistry.ImagePushed",
		Events: []event.Event{event.ImagePushed{Image: "demo.azurecr.io/team/hello", Tag: "v1"}},
	}
	blob := func(container string, keys ...string) provider.Delivery {
		d := provider.Delivery{ID: id, Name: "Microsoft.Storage.BlobCreated"}
		for _, key := range keys {
			d.Events = append(d.Events, event.ObjectCreated{Store: event.Azure, Bucket: "mystorage/" + container, Key: key})
		}
		return d
	}
	noBlob := "event 0: subject and data.url do not say the account, the container and the blob"
	providertest.Parse(t, eventgrid.Provider, []providertest.ParseCase{
		{Name: "image", File: "image.json", Want: image},
		{Name: "image as a CloudEvent", File: "image_cloudevent.json", Want: image},
		{Name: "chart, without the registry's host", File: "chart.json", Want: provider.Delivery{
			ID: "ea3a9c28-5b17-40f6-a500-3f02b682927", Name: "Microsoft.ContainerRegistry.ChartPushed",
			Events: []event.Event{event.ImagePushed{
				Image: "demo.azurecr.io/repo", Aliases: []string{"demo.azurecr.cn/repo", "demo.azurecr.us/repo", "demo.azurecr.io/repo/mychart"},
				Tag: "1.0.0",
			}},
		}},
		{Name: "blob", File: "blob.json", Want: blob("test-container", "dir/a b+1.tgz")},
		{Name: "blob as a CloudEvent, in the container $root", File: "blob_cloudevent.json", Want: blob("$root", "new-file.txt")},
		{
			Name: "blob whose subject is escaped",
			Body: `{"id":"` + id + `","type":"Microsoft.Storage.BlobCreated","subject":"/blobServices/default/containers/c/blobs/a%20b",` +
				`"data":{"url":"https://MyStorage.dfs.core.windows.net/c/a%20b"}}`,
			Want: blob("c", "a%20b", "a b"),
		},
		{
			Name: "blob without a subject",
			Body: `{"id":"` + id + `","type":"Microsoft.Storage.BlobCreated","data":{"url":"https://mystorage.blob.core.windows.net/c/a/b"}}`,
			Want: blob("c", "a/b"),
		},
		{Name: "of no use", File: "deleted.json", Want: provider.Delivery{
			ID: "4c2359fe-001e-00ba-0e04-58586806d298", Name: "Microsoft.Storage.BlobDeleted", Ignored: "Microsoft.Storage.BlobDeleted event ignored",
		}},
		{
			Name: "handshake", File: "validation.json",
			Want: provider.Delivery{
				ID: "2d1781af-3a4c-4d7c-bd0c-e34b19da4e66", Name: "Microsoft.EventGrid.SubscriptionValidationEvent", Ignored: "the subscription is confirmed",
				Reply: &provider.Reply{Body: []byte(`{"validationResponse":"512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}`)},
			},
		},
		{
			Name: "handshake without a code", Body: `[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"a\"b"}}]`,
			Malformed: "data.validationCode is not a code",
		},
		{
			Name: "one that can't be read, and one that can",
			Body: `[{"eventType":"Microsoft.Storage.BlobCreated","data":{}},{"eventType":"Microsoft.Storage.BlobCreated",` +
				`"data":{"url":"https://mystorage.blob.core.windows.net/c/a"}}]`,
			Want: provider.Delivery{Name: "Microsoft.Storage.BlobCreated", Events: blob("c", "a").Events},
		},
		{
			Name: "one of a strange type, and one that can be read",
			Body: `[{"eventType":"My app/Restarted!"},{"eventType":"Microsoft.Storage.BlobCreated",` +
				`"data":{"url":"https://mystorage.blob.core.windows.net/c/a"}}]`,
			Want: provider.Delivery{Name: "Microsoft.Storage.BlobCreated", Events: blob("c", "a").Events},
		},
		{Name: "no blob", Body: `[{"eventType":"Microsoft.Storage.BlobCreated","data":{}}]`, Malformed: noBlob},
		{Name: "no data", Body: `[{"eventType":"Microsoft.ContainerRegistry.ImagePushed"}]`, Malformed: "event 0: data is missing"},
		{
			Name: "no host", Body: `[{"eventType":"Microsoft.ContainerRegistry.ImagePushed","data":{"target":{"repository":"a"}}}]`,
			Malformed: "event 0: data.target.repository or data.request.host is missing",
		},
		{Name: "no type", Body: `{}`, Malformed: "event 0: type is not the name of an event"},
		{Name: "no events", Body: `[]`, Malformed: "the body is an empty list"},
	})
}

func TestCloudEventsHandshake(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		headers providertest.Headers
		want    map[string]string
	}{
		"origin": {providertest.Headers{"WebHook-Request-Origin": "eventgrid.azure.net"}, map[string]string{"WebHook-Allowed-Origin": "eventgrid.azure.net"}},
		"origin and rate": {
			providertest.Headers{"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"},
			map[string]string{"WebHook-Allowed-Origin": "eventgrid.azure.net", "WebHook-Allowed-Rate": "*"},
		},
		"none":    {nil, nil},
		"no host": {providertest.Headers{"WebHook-Request-Origin": "a\r\nX-Evil: b"}, nil},
	} {
		req := providertest.Request(tt.headers, nil)
		req.Method = http.MethodOptions
		d, err := eventgrid.Provider.Parse(req)
		if (err != nil) != (tt.want == nil) {
			t.Errorf("%s: error %v", name, err)
		}
		if err == nil && (d.Reply == nil || !cmp.Equal(d.Reply.Header, tt.want)) {
			t.Errorf("%s: replied %+v, want %v", name, d.Reply, tt.want)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	providertest.Verify(t, eventgrid.Provider, []string{"new"}, []providertest.VerifyCase{
		{Name: "URL", Request: &provider.Request{Path: "/event-grid/new"}},
		{Name: "query", Request: &provider.Request{Path: "/event-grid", Query: "token=new"}},
		{Name: "wrong", Request: &provider.Request{Path: "/event-grid/x"}, Unauthorized: "the secret in the URL is not right"},
		{Name: "none", Request: &provider.Request{Path: "/event-grid"}, Unauthorized: "no secret in the URL: send to /event-grid/SECRET"},
	})
}

func FuzzParse(f *testing.F) { providertest.Fuzz(f, eventgrid.Provider) }

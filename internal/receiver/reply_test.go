package receiver_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A provider's handshake is answered in its own form by the server and by a function, but only to whom has the secret.
func TestHandshake(t *testing.T) {
	t.Parallel()
	const (
		right     = "/event-grid/planted-path%25secret"
		confirmed = `{"status":"ok","message":"the subscription is confirmed"}`
		wrong     = `{"status":"error","message":"the secret in the URL is not right"}`
		code      = `[{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"512d38b6"}}]`
	)
	origin := headers{"WebHook-Request-Origin": "eventgrid.azure.net"}
	allowed := headers{"WebHook-Allowed-Origin": "eventgrid.azure.net"}
	for name, tt := range map[string]struct {
		method, path string
		headers      headers
		body         string

		status int
		want   string
		reply  headers
	}{
		"Event Grid's":                    {path: right, body: code, status: 200, want: `{"validationResponse":"512d38b6"}`},
		"Event Grid's, forged":            {path: "/event-grid/x", body: code, status: 401, want: wrong},
		"CloudEvents'":                    {method: "OPTIONS", path: right, headers: origin, status: 200, want: confirmed, reply: allowed},
		"CloudEvents', at a stage's path": {method: "OPTIONS", path: "/prod" + right, headers: origin, status: 200, want: confirmed, reply: allowed},
		"CloudEvents', forged":            {method: "OPTIONS", path: "/event-grid/x", headers: origin, status: 401, want: wrong},
		"CloudEvents', without an origin": {
			method: "OPTIONS", path: right, status: 400,
			want: `{"status":"error","message":"the WebHook-Request-Origin header is missing or not a host"}`,
		},
		"CloudEvents', with another provider": {
			method: "OPTIONS", path: "/dockerhub/planted-path%25secret", headers: origin, status: 405,
			want: `{"status":"error","message":"deliveries are sent by POST"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := cmp.Or(tt.method, http.MethodPost)
			r, l := newReceiver(t, new(checker))
			req := httptest.NewRequestWithContext(t.Context(), method, tt.path, strings.NewReader(tt.body))
			for name, value := range tt.headers {
				req.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			if w.Code != tt.status || w.Body.String() != tt.want {
				t.Errorf("answered %d\n%s\nwant %d\n%s", w.Code, w.Body, tt.status, tt.want)
			}
			if got, want := w.Header().Get("WebHook-Allowed-Origin"), tt.reply["WebHook-Allowed-Origin"]; got != want {
				t.Errorf("allowed the origin %q, want %q", got, want)
			}

			payload := strings.Replace(httpAPI(tt.path, tt.body, tt.headers), `"method":"POST"`, `"method":"`+method+`"`, 1)
			raw, err := r.Invoke(t.Context(), json.RawMessage(payload))
			if err != nil {
				t.Fatal(err)
			}
			var out struct {
				StatusCode int
				Headers    map[string]string
				Body       string
			}
			if err := json.Unmarshal(raw, &out); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"content-type": "application/json"}
			maps.Copy(want, tt.reply)
			if out.StatusCode != tt.status || out.Body != tt.want || !maps.Equal(out.Headers, want) {
				t.Errorf("the function answered %s\nwant %d %v\n%s", raw, tt.status, want, tt.want)
			}
			wantNothingPlanted(t, "the log", l.String(), tt.body)
		})
	}
}

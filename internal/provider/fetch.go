package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// maxFetched bounds what is fetched to verify a delivery, in bytes: a certificate, a few lines of XML, or a list of keys.
const maxFetched = 64 << 10

// Fetch fetches a URL that was checked, at most 64 KiB of it, and follows no redirect. doing begins its errors, which hold no URL.
func Fetch(ctx context.Context, client *http.Client, doing string, u *url.URL) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: making the request to %s failed", doing, u.Host)
	}
	direct := *client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := direct.Do(req)
	if err != nil {
		// A *url.Error would print the URL with its token.
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err
		}
		return nil, fmt.Errorf("%s: calling %s: %w", doing, u.Host, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s answered with status %d", doing, u.Host, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxFetched+1))
	if err != nil {
		return nil, fmt.Errorf("%s: reading the answer of %s: %w", doing, u.Host, err)
	}
	if len(body) > maxFetched {
		return nil, fmt.Errorf("%s: the answer of %s is larger than %d KiB", doing, u.Host, maxFetched>>10)
	}
	return body, nil
}

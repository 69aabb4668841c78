package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/coreos/go-systemd/v22/activation"

	"github.com/dpb587/concourse-resource-endpoints/internal/limit"
)

// serve answers requests until ctx ends. Then /readyz fails, so that a load balancer stops sending; after drainDelay the port
// closes, and the current requests are finished. What they use must work until serve returns.
func serve(ctx context.Context, address string, drainDelay time.Duration, receiver http.Handler, logger *slog.Logger) error {
	listeners, err := listen(ctx, address)
	if err != nil {
		return err
	}
	server := newServer(handler(ctx, receiver), logger)
	connections := limit.BoundConnections(server, logger)
	defer func() { _ = server.Close() }()
	ended := make(chan error, len(listeners))
	for _, l := range listeners {
		logger.Info("serving", "address", l.Addr().String())
		go func() { ended <- server.Serve(connections.Listen(l)) }()
	}
	select {
	case err := <-ended:
		return fmt.Errorf("serving on %s: %w", address, err)
	case <-ctx.Done():
	}
	if drainDelay > 0 {
		logger.Info("not ready any more; the port closes after the drain delay", "delay", drainDelay.String())
		<-time.After(drainDelay)
	}
	logger.Info("shutting down")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return fmt.Errorf("shutting down: %w", err)
	}
	return nil
}

// listen takes the sockets that systemd passes, which stay open while the server restarts, or else listens on the address.
func listen(ctx context.Context, address string) (listeners []net.Listener, err error) {
	passed, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("taking the sockets of LISTEN_FDS: %w", err)
	}
	for _, l := range passed {
		if l == nil {
			return nil, errors.New("a socket of LISTEN_FDS is not one that listens; in systemd's unit it must be a ListenStream")
		}
		listeners = append(listeners, l)
	}
	if len(listeners) > 0 {
		return listeners, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return []net.Listener{l}, nil
}

// newServer limits the size and duration of requests. ReadTimeout is also the limit of package limit for a body. WriteTimeout
// starts with the request, so it includes the time to read the body, load the config, call SNS and notify.
func newServer(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      90 * time.Second,
		IdleTimeout:       15 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}

// handler serves the deliveries, /healthz, and /readyz, which fails once ctx has ended. It is not a ServeMux, which answers a path
// such as //github/SECRET with a redirect: that would lose the delivery and show the secret.
func handler(ctx context.Context, receiver http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ending := ctx.Err() != nil
		if ending { // else senders would keep the connection for their next request
			w.Header().Set("Connection", "close")
		}
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		switch {
		case reads && r.URL.Path == "/readyz" && ending:
			http.Error(w, "shutting down", http.StatusServiceUnavailable)
		case reads && r.URL.Path == "/readyz":
			_, _ = io.WriteString(w, "ok\n")
		case reads && r.URL.Path == "/healthz":
			_, _ = io.WriteString(w, health(receiver)+"\n")
		default:
			receiver.ServeHTTP(w, r)
		}
	})
}

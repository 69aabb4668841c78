package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// postgres is a throw-away PostgreSQL cluster that listens on a socket in its own folder, and on no port.
// Its superuser and its database are "postgres", without a password.
type postgres struct {
	dir     string
	process *process
}

// startPostgres makes a cluster and starts it: as the user postgres when we are root, since PostgreSQL
// refuses root; as ourselves otherwise. Its files are not in the stack's folder, which the user postgres
// may not be able to enter, but directly in the temp folder.
func startPostgres(ctx context.Context, log string) (*postgres, error) {
	bin, ok := firstExisting("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")
	if !ok {
		return nil, fmt.Errorf("looking for PostgreSQL's programs: none found (run e2e/prepare)")
	}
	dir, err := os.MkdirTemp("", "cre-pg-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for PostgreSQL: %w", err)
	}
	pg := &postgres{dir: dir}
	if err := pg.start(ctx, bin, log); err != nil {
		pg.stop()
		return nil, err
	}
	return pg, nil
}

func (pg *postgres) start(ctx context.Context, bin, log string) error {
	attr, err := postgresUser(pg.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(pg.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"),
		"--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.Env, initdb.SysProcAttr = pg.dir, environ("HOME="+pg.dir), attr
	if _, err := output(initdb); err != nil {
		return fmt.Errorf("making a PostgreSQL cluster: %w", err)
	}
	// Nothing here outlives the stack, so nothing is flushed to the disk.
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", pg.dir,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
		"-c", "max_connections=100")
	server.Dir, server.Env, server.SysProcAttr = pg.dir, environ("HOME="+pg.dir), attr
	pg.process, err = start("postgres", log, server)
	if err != nil {
		return err
	}
	return pg.process.await(ctx, 30*time.Second, func(ctx context.Context) error {
		_, err := output(exec.CommandContext(ctx, filepath.Join(bin, "pg_isready"), "--host", pg.dir))
		return err
	})
}

// postgresUser is how to start PostgreSQL's programs; the folder is given to their user.
func postgresUser(dir string) (*syscall.SysProcAttr, error) {
	attr := ownGroup()
	if os.Geteuid() != 0 {
		return attr, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("looking for PostgreSQL's user: %w (run e2e/prepare)", err)
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return nil, fmt.Errorf("reading the id of PostgreSQL's user: %w", err)
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return nil, fmt.Errorf("reading the group of PostgreSQL's user: %w", err)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return nil, fmt.Errorf("giving %s to PostgreSQL's user: %w", dir, err)
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, nil
}

// stop ends the cluster at once (SIGQUIT: "immediate shutdown") and removes its files.
func (pg *postgres) stop() {
	if pg == nil {
		return
	}
	pg.process.stop(syscall.SIGQUIT, 5*time.Second)
	_ = os.RemoveAll(pg.dir)
}

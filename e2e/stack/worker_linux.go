package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// CanRunWorker says why this machine can't run a Concourse worker; nil if it can. A worker needs root, the
// programs that e2e/prepare installs, control groups, and overlay mounts in new namespaces.
func CanRunWorker() error {
	if os.Geteuid() != 0 {
		return errors.New("a worker needs root")
	}
	for _, name := range []string{"containerd", "containerd-shim-runc-v2", "runc", "iptables", "ip", "nsenter"} {
		if _, ok := systemProgram(name); !ok {
			return fmt.Errorf("a worker needs %s (run e2e/prepare)", name)
		}
	}
	if _, ok := cniPlugins(); !ok {
		return errors.New("a worker needs the CNI plugins (run e2e/prepare)")
	}
	for _, name := range []string{"concourse", "init"} {
		if _, err := Program(name); err != nil {
			return err
		}
	}
	if _, ok := firstExisting("/sys/fs/cgroup/cgroup.controllers", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu"); !ok {
		return errors.New("a worker needs control groups mounted at /sys/fs/cgroup")
	}
	return canMountOverlay()
}

// canMountOverlay tries an overlay mount in memory, in namespaces of the worker's kinds.
func canMountOverlay() error {
	dir, err := os.MkdirTemp("", "cre-overlay-")
	if err != nil {
		return fmt.Errorf("making a folder to try an overlay mount: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	const script = `mount --make-rprivate / && mount -t tmpfs tmpfs . && cd "$PWD" && mkdir lower upper work merged &&
		mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged`
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = dir, environ("PATH="+systemPath), ownGroup()
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID
	if _, err := output(cmd); err != nil {
		return fmt.Errorf("a worker needs new namespaces and overlay mounts: %w", err)
	}
	return nil
}

func systemProgram(name string) (string, bool) {
	for _, dir := range filepath.SplitList(systemPath) {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}

// cniPlugins is the folder of the CNI plugins; Debian's, or upstream's.
func cniPlugins() (string, bool) {
	plugin, ok := firstExisting("/usr/lib/cni/bridge", "/opt/cni/bin/bridge")
	return filepath.Dir(plugin), ok
}

// startWorker starts a worker in the stack's namespace and waits until Concourse says that it runs.
func (s *Stack) startWorker(ctx context.Context) error {
	types, err := s.resourceTypes()
	if err != nil {
		return err
	}
	args, err := s.workerArgs(types)
	if err != nil {
		return err
	}
	concourse, err := Program("concourse")
	if err != nil {
		return err
	}
	cmd := s.namespace.enter(exec.Command(concourse, args...))
	cmd.Dir, cmd.Env = s.dir, environ("HOME="+s.dir, "PATH="+systemPath)
	s.worker, err = start("concourse worker", s.LogFile("worker"), cmd)
	if err != nil {
		return err
	}
	return s.worker.await(ctx, time.Minute, s.workerRuns)
}

func (s *Stack) workerArgs(types string) ([]string, error) {
	containerd, _ := systemProgram("containerd")
	plugins, _ := cniPlugins()
	init, err := Program("init")
	if err != nil {
		return nil, err
	}
	// The ports are the namespace's own.
	return []string{
		"worker", "--name", "worker", "--log-level", "info", "--work-dir", workDir, "--resource-types", types,
		"--bind-ip", "127.0.0.1", "--bind-port", "7777",
		"--debug-bind-ip", "127.0.0.1", "--debug-bind-port", "7776",
		"--healthcheck-bind-ip", "127.0.0.1", "--healthcheck-bind-port", "8888",
		"--baggageclaim-bind-ip", "127.0.0.1", "--baggageclaim-bind-port", "7788",
		"--baggageclaim-debug-bind-ip", "127.0.0.1", "--baggageclaim-debug-bind-port", "7787",
		"--baggageclaim-driver", "overlay", "--baggageclaim-p2p-interface-name-pattern", "cre.*",
		"--tsa-host", "127.0.0.1:" + strconv.Itoa(innerTSAPort),
		"--tsa-public-key", s.keys.host + ".pub", "--tsa-worker-private-key", s.keys.worker,
		"--runtime", "containerd", "--containerd-bin", containerd, "--containerd-init-bin", init,
		"--containerd-cni-plugins-dir", plugins, "--containerd-mtu", "1500", "--containerd-allow-host-access",
	}, nil
}

// workerRuns is nil when Concourse lists a running worker.
func (s *Stack) workerRuns(ctx context.Context) error {
	out, err := s.Fly(ctx, "workers", "--json")
	if err != nil {
		return err
	}
	var workers []struct {
		State string `json:"state"`
	}
	if err := json.Unmarshal([]byte(out), &workers); err != nil {
		return fmt.Errorf("reading the list of workers: %w", err)
	}
	for _, worker := range workers {
		if worker.State == "running" {
			return nil
		}
	}
	return fmt.Errorf("no running worker among %d", len(workers))
}

// removeCgroups removes the control groups of containers whose processes are dead. The groups are named
// after the containers, at the top of each hierarchy or beside that of the worker.
func removeCgroups(handles []string) {
	for _, handle := range handles {
		for _, pattern := range []string{"/sys/fs/cgroup/garden/", "/sys/fs/cgroup/*/garden/", "/sys/fs/cgroup/*/*/garden/", "/sys/fs/cgroup/*/*/*/garden/"} {
			found, _ := filepath.Glob(pattern + handle)
			for _, dir := range found {
				_ = syscall.Rmdir(dir)
			}
		}
	}
}

package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// namespace is a network, mount and process namespace for the worker, joined to this machine by a pair of
// virtual links. Its first process is Concourse's init for containers (it waits, and has the kernel reap
// orphans); when that is killed the kernel ends every other process in the namespace and takes away its links,
// firewall rules and mounts.
type namespace struct {
	outer netip.Addr // this machine's end of the link
	inner netip.Addr // the namespace's end
	init  *process
}

// namespaceScript runs as the namespace's first process. It hides the folders that containerd, runc and CNI
// use whatever their configuration (and firewalld's bus, which CNI's firewall plugin would ask for rules on
// this machine), waits for its end of the link, and becomes the init. Its arguments: link, inner, outer, init,
// the worker's folder. That is in memory too: it vanishes with the namespace, takes overlay mounts whatever
// this machine's disk is, and containers' users can enter it, as they often cannot enter a temp folder.
const namespaceScript = `set -eu
mount --make-rprivate /
mount -t proc proc /proc
mkdir -p /run/containerd /run/runc /var/lib/cni
for dir in /run/containerd /run/runc /var/lib/cni /run/dbus; do
	if [ -d $dir ]; then mount -t tmpfs tmpfs $dir; fi
done
mkdir "$5"
read -r _
ip link set lo up
ip address add "$2/30" dev "$1"
ip link set "$1" up
ip route add default via "$3"
exec "$4"
`

// workDir is the worker's folder in its namespace.
const workDir = "/run/containerd/worker"

// newNamespace makes a namespace and its link.
func newNamespace(ctx context.Context, log string) (*namespace, error) {
	init, err := Program("init")
	if err != nil {
		return nil, err
	}
	for n := range 250 {
		outer, inner := netip.AddrFrom4([4]byte{10, 83, byte(n), 1}), netip.AddrFrom4([4]byte{10, 83, byte(n), 2})
		if inUse(outer) {
			continue
		}
		ns := &namespace{outer: outer, inner: inner}
		err := ns.open(ctx, fmt.Sprintf("cre%d", n), init, log)
		if err == nil {
			return ns, nil
		}
		ns.close()
		if !errors.Is(err, errLinkTaken) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("looking for a free network in 10.83.0.0/16: none left")
}

// inUse is whether the address is in a network of one of this machine's links.
func inUse(addr netip.Addr) bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Masked().Contains(addr) {
			return true
		}
	}
	return false
}

// errLinkTaken is open's error when another stack has the link's name.
var errLinkTaken = errors.New("the link exists")

func (ns *namespace) open(ctx context.Context, link, init, log string) error {
	stdin, feed, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	defer func() { _, _ = stdin.Close(), feed.Close() }()
	cmd := exec.Command("/bin/sh", "-c", namespaceScript, "sh", link+"i", ns.inner.String(), ns.outer.String(), init, workDir)
	cmd.Stdin, cmd.Env = stdin, environ("PATH="+systemPath)
	cmd.SysProcAttr = ownGroup()
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID
	if ns.init, err = start("the worker's namespace", log, cmd); err != nil {
		return err
	}
	if err := ns.join(ctx, link); err != nil {
		return err
	}
	if _, err := io.WriteString(feed, "\n"); err != nil {
		return fmt.Errorf("telling the namespace of its link: %w", err)
	}
	exe := filepath.Join("/proc", strconv.Itoa(ns.init.pid), "exe")
	return ns.init.await(ctx, 10*time.Second, func(context.Context) error {
		if at, err := os.Readlink(exe); err != nil || filepath.Base(at) != filepath.Base(init) {
			return fmt.Errorf("its first process is still %s (%w)", at, err)
		}
		return nil
	})
}

// join makes the pair of links: LINKo here, LINKi in the namespace.
func (ns *namespace) join(ctx context.Context, link string) error {
	commands := [][]string{
		{"link", "add", link + "o", "type", "veth", "peer", "name", link + "i", "netns", strconv.Itoa(ns.init.pid)},
		{"address", "add", ns.outer.String() + "/30", "dev", link + "o"},
		{"link", "set", link + "o", "up"},
	}
	for _, args := range commands {
		cmd := exec.CommandContext(ctx, "ip", args...)
		cmd.Env = environ("PATH=" + systemPath)
		_, err := output(cmd)
		if err != nil && strings.Contains(err.Error(), "File exists") {
			return fmt.Errorf("making the link %s: %w", link, errLinkTaken)
		}
		if err != nil {
			return fmt.Errorf("making the link %s: %w", link, err)
		}
	}
	return nil
}

// systemPath finds programs of /usr/sbin, which a user's PATH may lack.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// enterNetwork puts a command into the network namespace only.
func (ns *namespace) enterNetwork(cmd *exec.Cmd) *exec.Cmd {
	return ns.nsenter(cmd, "--net")
}

// enter puts a command into all of the namespaces.
func (ns *namespace) enter(cmd *exec.Cmd) *exec.Cmd {
	return ns.nsenter(cmd, "--net", "--mount", "--pid")
}

func (ns *namespace) nsenter(cmd *exec.Cmd, which ...string) *exec.Cmd {
	args := append([]string{"--target", strconv.Itoa(ns.init.pid)}, which...)
	args = append(args, "--", cmd.Path)
	return exec.Command("nsenter", append(args, cmd.Args[1:]...)...)
}

// close kills the namespace's first process, and removes the control groups of the containers that were
// left in it: those alone outlive a namespace. It may be called twice, and on nil.
func (ns *namespace) close() {
	if ns == nil || ns.init == nil {
		return
	}
	left := ns.containers()
	ns.init.stop(syscall.SIGKILL, time.Second)
	removeCgroups(left)
}

// containers are the handles of the containers in the namespace, from the folder where containerd keeps
// a bundle for each.
func (ns *namespace) containers() []string {
	found, _ := filepath.Glob(fmt.Sprintf("/proc/%d/root/run/containerd/io.containerd.runtime.v2.task/concourse/*", ns.init.pid))
	for i, path := range found {
		found[i] = filepath.Base(path)
	}
	return found
}

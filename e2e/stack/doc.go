// Package stack starts the real servers that the demo and the e2e tests speak to, and stops them again:
// PostgreSQL and Concourse (web and worker), a git server over HTTP, an S3 server with bucket
// notifications, and the Lambda Runtime API around a Lambda binary. It knows nothing of the endpoints
// themselves, and takes the servers' programs from the cache that e2e/prepare fills.
//
// # Who can reach what
//
// Nothing listens on an address of the outside network. Without a worker everything is on 127.0.0.1.
//
// A worker needs root, and gets network, mount and process namespaces of its own, joined to this machine
// by a pair of virtual links. Concourse web runs in the same network namespace, because its TSA listens for the
// worker's container API on all addresses. The namespaces hold whatever the worker makes: bridges,
// firewall rules, overlay mounts, containers, containerd's fixed sockets. So they vanish with the
// first process in them, and stacks can stand beside each other.
//
//	this machine                            | the worker's namespaces
//	127.0.0.1:PORT      (Stack.URL) --------+-> INNER:8080 (Stack.ContainerURL): Concourse web
//	OUTER = Stack.HostAddress: git, S3  <---+-- containers
//
// # Ending
//
// Close ends everything. So does the end of the context that Start was given. If the program that started
// the stack dies, the kernel ends the servers (PR_SET_PDEATHSIG), but files stay behind.
package stack

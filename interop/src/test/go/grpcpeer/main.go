// Grpcpeer is a client and a server of grpc-go for tests of what stands between them.
//
//	grpcpeer serve ADDRESS [CERTIFICATE KEY]   says "port N"; "renew" and "stop" on standard input
//	grpcpeer call ADDRESS [ROOTS NAME]         runs every case and says "ok CASE" or "bad CASE: WHY"
//	grpcpeer storm ADDRESS [ROOTS NAME]        calls until standard input ends; says what came of it
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: grpcpeer serve|call|storm ADDRESS [FILES]")
		os.Exit(2)
	}
	var err error
	switch verb, rest := os.Args[1], os.Args[2:]; verb {
	case "serve":
		err = serve(rest)
	case "call":
		err = call(rest)
	case "storm":
		err = storm(rest)
	default:
		err = fmt.Errorf("unknown command %q", verb)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

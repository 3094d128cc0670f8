package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const service = "fairlead.test.Peer"

type octets = wrapperspb.BytesValue

// peer counts what the handlers see, for the cases to ask.
type peer struct {
	calls     atomic.Int64
	cancelled atomic.Int64
	sent      atomic.Int64
}

func (p *peer) unary(ctx context.Context, name string, in *octets) (*octets, error) {
	p.calls.Add(1)
	switch name {
	case "Echo":
		fields, _ := metadata.FromIncomingContext(ctx)
		head := metadata.MD{}
		for _, key := range []string{"x-text", "x-octets-bin"} {
			head.Set(key, fields.Get(key)...)
		}
		grpc.SetTrailer(ctx, metadata.Pairs("x-after", "all"))
		return in, grpc.SendHeader(ctx, head)
	case "Left":
		left := time.Duration(-1)
		if deadline, ok := ctx.Deadline(); ok {
			left = time.Until(deadline)
		}
		return number(left.Microseconds()), nil
	case "Fail":
		grpc.SetTrailer(ctx, metadata.Pairs("x-after", "fail"))
		detailed, err := status.New(codes.FailedPrecondition, "nein, ärger: 100%").WithDetails(
			wrapperspb.String("the first detail"), wrapperspb.Int64(42))
		if err != nil {
			return nil, err
		}
		return nil, detailed.Err()
	case "Never":
		<-ctx.Done()
		p.cancelled.Add(1)
		return nil, ctx.Err()
	case "Cancelled":
		return number(p.cancelled.Load()), nil
	case "Sent":
		return number(p.sent.Load()), nil
	case "Blow":
		size, err := strconv.Atoi(string(in.Value))
		return wrapperspb.Bytes(make([]byte, size)), err
	}
	return nil, status.Error(codes.Unimplemented, name)
}

func number(value int64) *octets {
	return wrapperspb.Bytes([]byte(strconv.FormatInt(value, 10)))
}

func (p *peer) stream(name string, stream grpc.ServerStream) error {
	p.calls.Add(1)
	switch name {
	case "Sum":
		return p.sum(stream)
	case "Talk":
		return p.talk(stream)
	case "Stall":
		if err := stream.SendMsg(wrapperspb.Bytes([]byte("first"))); err != nil {
			return err
		}
		<-stream.Context().Done()
		p.cancelled.Add(1)
		return stream.Context().Err()
	case "Enough":
		// Answers in the middle of the request.
		in := new(octets)
		if err := stream.RecvMsg(in); err != nil {
			return err
		}
		return status.Error(codes.OutOfRange, "enough")
	}
	return p.many(name == "Broken", stream)
}

// many sends as many messages of a kilobyte as it is asked for, and ends well or badly.
func (p *peer) many(broken bool, stream grpc.ServerStream) error {
	in := new(octets)
	if err := stream.RecvMsg(in); err != nil {
		return err
	}
	count, err := strconv.Atoi(string(in.Value))
	if err != nil {
		return err
	}
	message := wrapperspb.Bytes(make([]byte, 1000))
	for range count {
		if err := stream.SendMsg(message); err != nil {
			return err
		}
		p.sent.Add(1)
	}
	if broken {
		stream.SetTrailer(metadata.Pairs("x-after", "broken"))
		return status.Error(codes.DataLoss, "in the middle")
	}
	return nil
}

func (p *peer) sum(stream grpc.ServerStream) error {
	total := int64(0)
	for {
		in := new(octets)
		err := stream.RecvMsg(in)
		if err == io.EOF {
			return stream.SendMsg(number(total))
		}
		if err != nil {
			return err
		}
		total += int64(len(in.Value))
	}
}

func (p *peer) talk(stream grpc.ServerStream) error {
	for {
		in := new(octets)
		err := stream.RecvMsg(in)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.SendMsg(in); err != nil {
			return err
		}
	}
}

// description stands for what a compiler would have made of a file of services.
func (p *peer) description() *grpc.ServiceDesc {
	made := &grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil)}
	for _, name := range []string{"Echo", "Left", "Fail", "Never", "Cancelled", "Sent", "Blow"} {
		made.Methods = append(made.Methods, grpc.MethodDesc{
			MethodName: name,
			Handler: func(_ any, ctx context.Context, decode func(any) error,
				_ grpc.UnaryServerInterceptor) (any, error) {
				in := new(octets)
				if err := decode(in); err != nil {
					return nil, err
				}
				return p.unary(ctx, name, in)
			},
		})
	}
	for _, name := range []string{"Sum", "Talk", "Stall", "Many", "Broken", "Enough"} {
		made.Streams = append(made.Streams, grpc.StreamDesc{
			StreamName:    name,
			Handler:       func(_ any, stream grpc.ServerStream) error { return p.stream(name, stream) },
			ServerStreams: true,
			ClientStreams: true,
		})
	}
	return made
}

// share is a listener for one of several servers on a port; its end is not that of the port.
type share struct {
	net.Listener
	connections chan net.Conn
	once        sync.Once
	closed      chan struct{}
}

func (s *share) Accept() (net.Conn, error) {
	select {
	case <-s.closed:
		return nil, net.ErrClosed
	default:
	}
	select {
	case connection := <-s.connections:
		return connection, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *share) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func serve(arguments []string) error {
	port, err := net.Listen("tcp", arguments[0])
	if err != nil {
		return err
	}
	// The proxy must answer pings, also while nothing else goes on, and may send some.
	options := []grpc.ServerOption{
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Second, Timeout: 2 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(
			keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}),
	}
	if len(arguments) == 3 {
		pair, err := tls.LoadX509KeyPair(arguments[1], arguments[2])
		if err != nil {
			return err
		}
		options = append(options, grpc.Creds(credentials.NewServerTLSFromCert(&pair)))
	}
	connections := make(chan net.Conn)
	go func() {
		for {
			connection, err := port.Accept()
			if err != nil {
				return
			}
			connections <- connection
		}
	}()
	p := new(peer)
	begin := func() *grpc.Server {
		server := grpc.NewServer(options...)
		server.RegisterService(p.description(), nil)
		go server.Serve(
			&share{Listener: port, connections: connections, closed: make(chan struct{})})
		return server
	}
	server := begin()
	fmt.Println("port", port.Addr().(*net.TCPAddr).Port)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		switch strings.TrimSpace(lines.Text()) {
		case "renew":
			old := server
			server = begin()
			old.GracefulStop()
			fmt.Println("renewed")
		case "calls":
			fmt.Println("calls", p.calls.Load())
		case "stop":
			port.Close()
			server.GracefulStop()
			fmt.Println("stopped")
		}
	}
	server.Stop()
	return nil
}

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// longest is the bound of each wait.
const longest = 20 * time.Second

type client struct{ *grpc.ClientConn }

func connect(arguments []string) (*client, error) {
	trust := insecure.NewCredentials()
	if len(arguments) == 3 {
		roots, err := os.ReadFile(arguments[1])
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(roots) {
			return nil, errors.New("no certificate in " + arguments[1])
		}
		trust = credentials.NewTLS(&tls.Config{RootCAs: pool, ServerName: arguments[2]})
	}
	made, err := grpc.NewClient("passthrough:///"+arguments[0],
		grpc.WithTransportCredentials(trust),
		// The shortest that grpc-go takes; the case "kept" lasts longer.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second}))
	return &client{made}, err
}

func (c *client) ask(ctx context.Context, name string, in []byte, options ...grpc.CallOption) (
	[]byte, error) {
	out := new(octets)
	err := c.Invoke(ctx, "/"+service+"/"+name, wrapperspb.Bytes(in), out, options...)
	return out.Value, err
}

func (c *client) open(ctx context.Context, name string) (grpc.ClientStream, error) {
	both := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	return c.NewStream(ctx, both, "/"+service+"/"+name)
}

func (c *client) number(ctx context.Context, name string) (int64, error) {
	text, err := c.ask(ctx, name, nil)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(text), 10, 64)
}

// one opens a stream for one message, as callers of server streams do.
func (c *client) one(ctx context.Context, name, message string) (grpc.ClientStream, error) {
	stream, err := c.open(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := stream.SendMsg(wrapperspb.Bytes([]byte(message))); err != nil {
		return nil, err
	}
	return stream, stream.CloseSend()
}

// drain reads to the end and counts.
func drain(stream grpc.ClientStream) (int, error) {
	for count := 0; ; count++ {
		if err := stream.RecvMsg(new(octets)); err != nil {
			return count, err
		}
	}
}

func want[T comparable](what string, got, wanted T) error {
	if got != wanted {
		return fmt.Errorf("%s: %v, not %v", what, got, wanted)
	}
	return nil
}

type testCase struct {
	name string
	run  func(context.Context, *client) error
}

var cases = []testCase{
	{"unary", func(ctx context.Context, c *client) error {
		for _, size := range []int{0, 1, 100, 16_384, 65_536, 4_000_000} {
			sent := bytes.Repeat([]byte{7}, size)
			got, err := c.ask(ctx, "Echo", sent)
			if err != nil {
				return err
			}
			if !bytes.Equal(got, sent) {
				return fmt.Errorf("%d octets came back, not %d", len(got), size)
			}
		}
		return nil
	}},
	{"compressed", func(ctx context.Context, c *client) error {
		got, err := c.ask(ctx, "Echo", make([]byte, 100_000), grpc.UseCompressor(gzip.Name))
		return errors.Join(err, want("length", len(got), 100_000))
	}},
	{"metadata", metadataCase},
	{"status with details", func(ctx context.Context, c *client) error {
		var head, tail metadata.MD
		_, err := c.ask(ctx, "Fail", nil, grpc.Header(&head), grpc.Trailer(&tail))
		got := status.Convert(err)
		details := got.Details()
		if len(details) != 2 {
			return fmt.Errorf("%d details, not 2: %v", len(details), got)
		}
		return errors.Join(
			want("code", got.Code(), codes.FailedPrecondition),
			want("message", got.Message(), "nein, ärger: 100%"),
			want("detail", details[0].(*wrapperspb.StringValue).Value, "the first detail"),
			want("detail", details[1].(*wrapperspb.Int64Value).Value, 42),
			want("trailer", strings.Join(tail.Get("x-after"), ""), "fail"))
	}},
	{"unknown method", func(ctx context.Context, c *client) error {
		_, err := c.ask(ctx, "Nothing", nil)
		return want("code", status.Code(err), codes.Unimplemented)
	}},
	{"server stream", func(ctx context.Context, c *client) error {
		stream, err := c.one(ctx, "Many", "100000")
		if err != nil {
			return err
		}
		count, err := drain(stream)
		return errors.Join(want("end", err, io.EOF), want("messages", count, 100_000))
	}},
	{"server stream that ends badly", func(ctx context.Context, c *client) error {
		stream, err := c.one(ctx, "Broken", "10")
		if err != nil {
			return err
		}
		count, err := drain(stream)
		return errors.Join(
			want("code", status.Code(err), codes.DataLoss),
			want("messages", count, 10),
			want("trailer", strings.Join(stream.Trailer().Get("x-after"), ""), "broken"))
	}},
	{"client stream", clientStream},
	{"answer before the end of a client stream", enough},
	{"talk", talk},
	{"many at once", manyAtOnce},
	{"deadline is told", func(ctx context.Context, c *client) error {
		bounded, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		first, err := c.number(bounded, "Left")
		if err != nil {
			return err
		}
		second, err := c.number(bounded, "Left")
		if err != nil {
			return err
		}
		if second <= 0 || second >= first || first >= 10_000_000 {
			return fmt.Errorf("%d, then %d microseconds of 10 seconds were left", first, second)
		}
		return nil
	}},
	{"deadline exceeded", func(ctx context.Context, c *client) error {
		return cancels(ctx, c, func() error {
			bounded, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
			defer cancel()
			_, err := c.ask(bounded, "Never", nil)
			return want("code", status.Code(err), codes.DeadlineExceeded)
		})
	}},
	{"cancelled stream", func(ctx context.Context, c *client) error {
		return cancels(ctx, c, func() error {
			own, cancel := context.WithCancel(ctx)
			defer cancel()
			stream, err := c.one(own, "Stall", "")
			if err != nil {
				return err
			}
			if err := stream.RecvMsg(new(octets)); err != nil {
				return err
			}
			cancel()
			_, err = drain(stream)
			return want("code", status.Code(err), codes.Canceled)
		})
	}},
	{"too large for the server", func(ctx context.Context, c *client) error {
		_, err := c.ask(ctx, "Echo", make([]byte, 5<<20))
		return want("code", status.Code(err), codes.ResourceExhausted)
	}},
	{"too large for the client", func(ctx context.Context, c *client) error {
		_, err := c.ask(ctx, "Blow", []byte("3000000"), grpc.MaxCallRecvMsgSize(1<<20))
		return want("code", status.Code(err), codes.ResourceExhausted)
	}},
	{"slow reader", slowReader},
}

func metadataCase(ctx context.Context, c *client) error {
	binary := string([]byte{0, 1, 255, 13, 10, 44})
	long := strings.Repeat("long,", 800)
	sent := metadata.AppendToOutgoingContext(
		ctx, "x-octets-bin", binary, "x-octets-bin", "", "x-text", long, "x-text", "b")
	var head, tail metadata.MD
	_, err := c.ask(sent, "Echo", nil, grpc.Header(&head), grpc.Trailer(&tail))
	if got := head.Get("x-octets-bin"); err == nil && !slices.Equal(got, []string{binary, ""}) {
		err = fmt.Errorf("binary metadata: %q", got)
	}
	if got := head.Get("x-text"); err == nil && !slices.Equal(got, []string{long, "b"}) {
		err = fmt.Errorf("metadata: %q", got)
	}
	return errors.Join(err, want("trailer", strings.Join(tail.Get("x-after"), ""), "all"))
}

func clientStream(ctx context.Context, c *client) error {
	stream, err := c.open(ctx, "Sum")
	if err != nil {
		return err
	}
	message := wrapperspb.Bytes(make([]byte, 1000))
	for range 50_000 {
		if err := stream.SendMsg(message); err != nil {
			return err
		}
	}
	out := new(octets)
	err = errors.Join(stream.CloseSend(), stream.RecvMsg(out))
	return errors.Join(err, want("sum", string(out.Value), "50000000"))
}

func enough(ctx context.Context, c *client) error {
	stream, err := c.open(ctx, "Enough")
	if err != nil {
		return err
	}
	message := wrapperspb.Bytes(make([]byte, 10_000))
	for err == nil {
		err = stream.SendMsg(message)
	}
	return errors.Join(
		want("end of sending", err, io.EOF),
		want("code", status.Code(stream.RecvMsg(new(octets))), codes.OutOfRange))
}

func talk(ctx context.Context, c *client) error {
	stream, err := c.open(ctx, "Talk")
	if err != nil {
		return err
	}
	for i := range 2_000 {
		if err := stream.SendMsg(number(int64(i))); err != nil {
			return err
		}
		out := new(octets)
		if err := stream.RecvMsg(out); err != nil {
			return err
		}
		if err := want("turn", string(out.Value), strconv.Itoa(i)); err != nil {
			return err
		}
	}
	err = stream.CloseSend()
	_, end := drain(stream)
	return errors.Join(err, want("end", end, io.EOF))
}

// manyAtOnce has more calls under way than the proxy lets a connection have streams.
func manyAtOnce(ctx context.Context, c *client) error {
	const calls = 2_000
	var done sync.WaitGroup
	failures := make(chan error, calls)
	for range calls {
		done.Go(func() {
			if _, err := c.ask(ctx, "Echo", make([]byte, 1000)); err != nil {
				failures <- err
			}
		})
	}
	done.Wait()
	close(failures)
	return <-failures
}

// cancels has a call given up and waits until its handler has heard of it.
func cancels(ctx context.Context, c *client, giveUp func() error) error {
	before, err := c.number(ctx, "Cancelled")
	if err != nil {
		return err
	}
	if err := giveUp(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		now, err := c.number(ctx, "Cancelled")
		if err != nil || now == before+1 {
			return err
		}
	}
	return errors.New("the server has not heard of it")
}

// slowReader looks whether the server is held back while nobody reads.
func slowReader(ctx context.Context, c *client) error {
	before, err := c.number(ctx, "Sent")
	if err != nil {
		return err
	}
	stream, err := c.one(ctx, "Many", "100000")
	if err != nil {
		return err
	}
	sent, last := int64(0), int64(-1)
	for sent == 0 || sent != last {
		last = sent
		time.Sleep(200 * time.Millisecond)
		now, err := c.number(ctx, "Sent")
		if err != nil {
			return err
		}
		sent = now - before
	}
	count, err := drain(stream)
	if sent > 30_000 {
		return fmt.Errorf("%d messages were sent to nobody", sent)
	}
	return errors.Join(want("end", err, io.EOF), want("messages", count, 100_000))
}

// kept leaves a stream without a word for longer than the pings of both sides are apart.
func kept(ctx context.Context, c *client) error {
	stream, err := c.open(ctx, "Talk")
	if err != nil {
		return err
	}
	message := wrapperspb.Bytes([]byte("still there?"))
	for i := range 2 {
		if i > 0 {
			time.Sleep(12 * time.Second)
		}
		out := new(octets)
		if err := errors.Join(stream.SendMsg(message), stream.RecvMsg(out)); err != nil {
			return err
		}
	}
	return stream.CloseSend()
}

func call(arguments []string) error {
	c, err := connect(arguments)
	if err != nil {
		return err
	}
	defer c.Close()
	quiet, err := connect(arguments)
	if err != nil {
		return err
	}
	defer quiet.Close()
	idle := make(chan error, 1)
	go func() { idle <- bounded(2*longest, quiet, kept) }()
	for _, one := range cases {
		report(one.name, bounded(longest, c, one.run))
	}
	report("kept", <-idle)
	return nil
}

func bounded(most time.Duration, c *client, run func(context.Context, *client) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	return run(ctx, c)
}

func report(name string, err error) {
	if err == nil {
		fmt.Println("ok", name)
	} else {
		fmt.Printf("bad %s: %v\n", name, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

// storm calls from several goroutines, unary calls and short streams in turn.
func storm(arguments []string) error {
	c, err := connect(arguments)
	if err != nil {
		return err
	}
	defer c.Close()
	var over atomic.Bool
	go func() {
		io.Copy(io.Discard, os.Stdin)
		over.Store(true)
	}()
	var made, failed atomic.Int64
	var first sync.Once
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			for i := 0; !over.Load(); i++ {
				err := bounded(longest, c, func(ctx context.Context, c *client) error {
					if i%10 == 0 {
						return talk(ctx, c)
					}
					_, err := c.ask(ctx, "Echo", make([]byte, 100))
					return err
				})
				made.Add(1)
				if err != nil {
					failed.Add(1)
					first.Do(func() { fmt.Println("first failure:", err) })
				}
			}
		})
	}
	fmt.Println("storming")
	done.Wait()
	fmt.Println("failed", failed.Load(), "of", made.Load())
	return nil
}

package io.fairlead.interop.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A service of all four kinds of calls, whose messages are octets. */
final class EchoService {
  static final MethodDescriptor<byte[], byte[]> UNARY = method("Unary", MethodType.UNARY);
  static final MethodDescriptor<byte[], byte[]> MANY = method("Many", MethodType.SERVER_STREAMING);
  static final MethodDescriptor<byte[], byte[]> SUM = method("Sum", MethodType.CLIENT_STREAMING);
  static final MethodDescriptor<byte[], byte[]> TALK = method("Talk", MethodType.BIDI_STREAMING);
  static final MethodDescriptor<byte[], byte[]> FAIL = method("Fail", MethodType.UNARY);
  static final MethodDescriptor<byte[], byte[]> NEVER = method("Never", MethodType.UNARY);
  static final MethodDescriptor<byte[], byte[]> SHAKY = method("Shaky", MethodType.UNARY);
  static final MethodDescriptor<byte[], byte[]> LEFT = method("Left", MethodType.UNARY);
  static final MethodDescriptor<byte[], byte[]> STALL =
      method("Stall", MethodType.SERVER_STREAMING);

  /** Messages that {@link #MANY} answers with. */
  static final int COUNT = 5_000;

  final AtomicInteger calls = new AtomicInteger();
  final AtomicInteger cancelled = new AtomicInteger();

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setFullMethodName("fairlead.test.Echo/" + name)
        .setType(type)
        .setRequestMarshaller(new Octets())
        .setResponseMarshaller(new Octets())
        .build();
  }

  private static final class Octets implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  ServerServiceDefinition definition() {
    return ServerServiceDefinition.builder("fairlead.test.Echo")
        .addMethod(UNARY, ServerCalls.asyncUnaryCall(this::unary))
        .addMethod(MANY, ServerCalls.asyncServerStreamingCall(this::many))
        .addMethod(SUM, ServerCalls.asyncClientStreamingCall(this::sum))
        .addMethod(TALK, ServerCalls.asyncBidiStreamingCall(this::talk))
        .addMethod(FAIL, ServerCalls.asyncUnaryCall(this::fail))
        .addMethod(NEVER, ServerCalls.asyncUnaryCall(this::never))
        .addMethod(SHAKY, ServerCalls.asyncUnaryCall(this::shaky))
        .addMethod(LEFT, ServerCalls.asyncUnaryCall(this::left))
        .addMethod(STALL, ServerCalls.asyncServerStreamingCall(this::stall))
        .build();
  }

  private void unary(byte[] request, StreamObserver<byte[]> answer) {
    calls.incrementAndGet();
    answer.onNext(request);
    answer.onCompleted();
  }

  /** Sends as the client takes it, as a well-behaved server does. */
  private void many(byte[] request, StreamObserver<byte[]> answer) {
    calls.incrementAndGet();
    var call = (ServerCallStreamObserver<byte[]>) answer;
    int[] sent = {0};
    call.setOnReadyHandler(
        () -> {
          while (call.isReady() && sent[0] < COUNT) {
            call.onNext(request);
            if (++sent[0] == COUNT) {
              call.onCompleted();
            }
          }
        });
  }

  private StreamObserver<byte[]> sum(StreamObserver<byte[]> answer) {
    calls.incrementAndGet();
    return new StreamObserver<>() {
      private long octets;

      @Override
      public void onNext(byte[] message) {
        octets += message.length;
      }

      @Override
      public void onError(Throwable failure) {
        cancelled.incrementAndGet();
      }

      @Override
      public void onCompleted() {
        answer.onNext(Long.toString(octets).getBytes(StandardCharsets.US_ASCII));
        answer.onCompleted();
      }
    };
  }

  private StreamObserver<byte[]> talk(StreamObserver<byte[]> answer) {
    calls.incrementAndGet();
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        answer.onNext(message);
      }

      @Override
      public void onError(Throwable failure) {
        cancelled.incrementAndGet();
      }

      @Override
      public void onCompleted() {
        answer.onCompleted();
      }
    };
  }

  private void fail(byte[] request, StreamObserver<byte[]> answer) {
    calls.incrementAndGet();
    answer.onError(Status.FAILED_PRECONDITION.withDescription("no, ärger").asRuntimeException());
  }

  private void never(byte[] request, StreamObserver<byte[]> answer) {
    calls.incrementAndGet();
    ((ServerCallStreamObserver<byte[]>) answer).setOnCancelHandler(cancelled::incrementAndGet);
  }

  /** Only every third call succeeds. */
  private void shaky(byte[] request, StreamObserver<byte[]> answer) {
    if (calls.incrementAndGet() % 3 == 0) {
      answer.onNext(request);
      answer.onCompleted();
    } else {
      answer.onError(Status.UNAVAILABLE.asRuntimeException());
    }
  }

  /** Answers with the milliseconds that the call has left. */
  private void left(byte[] request, StreamObserver<byte[]> answer) {
    Deadline deadline = Context.current().getDeadline();
    long left = deadline == null ? -1 : deadline.timeRemaining(TimeUnit.MILLISECONDS);
    answer.onNext(Long.toString(left).getBytes(StandardCharsets.US_ASCII));
    answer.onCompleted();
  }

  /** Answers once and then says nothing more. */
  private void stall(byte[] request, StreamObserver<byte[]> answer) {
    calls.incrementAndGet();
    ((ServerCallStreamObserver<byte[]>) answer).setOnCancelHandler(cancelled::incrementAndGet);
    answer.onNext(request);
  }
}

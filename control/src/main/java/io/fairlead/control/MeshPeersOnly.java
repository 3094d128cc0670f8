package io.fairlead.control;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/** Refuses calls of clients without a certificate of the mesh. Stateless. */
final class MeshPeersOnly implements ServerInterceptor {
  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (PeerIdentity.of(ServiceRequestContext.current()).isEmpty()) {
      call.close(
          Status.UNAUTHENTICATED.withDescription("a client certificate of the mesh is required"),
          new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return next.startCall(call, headers);
  }
}

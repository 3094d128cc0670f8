package io.fairlead.proxy.filter;

import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.exchange.UnaryCall;
import io.fairlead.proxy.grpc.ProtoWriter;
import io.fairlead.proxy.http1.Head;
import io.fairlead.traffic.HostPort;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.Service;
import java.util.List;
import java.util.function.Consumer;

/**
 * Asks by {@code envoy.service.auth.v3.Authorization/Check}.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/auth/v3/external_auth.proto">
 *     external_auth.proto</a>
 */
final class GrpcJudge implements Judge {
  private static final String CHECK = "/envoy.service.auth.v3.Authorization/Check";

  private final HostPort listener;
  private final List<String> wanted;
  private final Target target;
  private final byte[] extensions;

  GrpcJudge(Service.Grpc settings, List<String> wanted, HostPort listener, Target target) {
    this.listener = listener;
    this.wanted = wanted;
    this.target = target;
    ProtoWriter entries = new ProtoWriter();
    settings.contextExtensions().forEach((key, value) -> entries.entry(10, key, value));
    extensions = entries.toBytes();
  }

  @Override
  public Question ask(Subject subject, Consumer<Decision> told) {
    byte[] message = CheckRequest.of(subject, listener, wanted, extensions);
    return UnaryCall.make(
            subject.exchange(),
            target,
            CHECK,
            message,
            outcome ->
                told.accept(
                    switch (outcome) {
                      case UnaryCall.Outcome.Message(var octets) -> CheckResponse.decision(octets);
                      case UnaryCall.Outcome.Failed failed -> new Decision.Silent();
                    }))
        ::cancel;
  }

  @Override
  public void strip(Head head) {}
}

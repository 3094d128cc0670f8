package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.traffic.AccessLog;
import io.fairlead.traffic.Intake;
import io.fairlead.traffic.Listener;
import io.fairlead.traffic.OriginalDestination;
import io.fairlead.traffic.RouteAction.WeightedCluster;
import io.fairlead.traffic.TcpRoute;
import java.util.List;

/**
 * The wire form of {@code fairlead.policy.v1.ListenerPolicy}, which says of a listener what xDS
 * spreads over filter chains. Stateless.
 */
public final class IntakeWire {
  /** Type URL of a listener's policy. */
  public static final String LISTENER_POLICY = TypeUrls.any(TypeUrls.LISTENER_POLICY);

  private IntakeWire() {}

  /**
   * ListenerPolicy: proxy_protocol 1, plain_text 2, detection 3, tcp 4, access_log 5, max_resets 6
   * in ten seconds, which xDS has no field for, original_dst 7.
   */
  public static ByteString listener(Listener listener) {
    var intake = listener.intakeOrUsual();
    return PolicyWire.message(
        out -> {
          out.writeEnum(
              1,
              switch (intake.proxyProtocol()) {
                case NONE -> 0;
                case OPTIONAL -> 1;
                case REQUIRED -> 2;
              });
          out.writeEnum(
              2,
              switch (intake.plainText()) {
                case REFUSED -> 0;
                case SERVED -> 1;
              });
          out.writeBytes(3, PolicyWire.duration(intake.detection()));
          for (var route : intake.tcp()) {
            out.writeBytes(4, route(route));
          }
          for (var log : listener.accessLogs()) {
            out.writeBytes(5, AccessLogWire.log(log));
          }
          if (listener.bounds().isPresent()) {
            out.writeUInt32(6, listener.boundsOrUsual().maxResets());
          }
          if (intake.originalDestination().isPresent()) {
            out.writeBytes(7, originalDestination(intake.originalDestination().get()));
          }
        });
  }

  /** OriginalDestination: source 1, ports 2, others 3. */
  private static ByteString originalDestination(OriginalDestination destination) {
    return PolicyWire.message(
        out -> {
          out.writeEnum(
              1,
              switch (destination.source()) {
                case REDIRECT -> 0;
                case TPROXY -> 1;
              });
          for (int port : destination.ports()) {
            out.writeUInt32(2, port);
          }
          out.writeString(3, destination.others());
        });
  }

  private static OriginalDestination originalDestination(ProtoMessage m) {
    return new OriginalDestination(
        switch (m.intNumber(1)) {
          case 0 -> OriginalDestination.Source.REDIRECT;
          case 1 -> OriginalDestination.Source.TPROXY;
          default -> throw new DecodeException("source: " + m.intNumber(1) + " is unknown");
        },
        m.numbers(2),
        m.text(3));
  }

  /** TcpRoute: name 1, server_names 2, clusters 3 (cluster 1, weight 2). */
  private static ByteString route(TcpRoute route) {
    return PolicyWire.message(
        out -> {
          out.writeString(1, route.name());
          for (var name : route.serverNames()) {
            out.writeString(2, name);
          }
          for (var cluster : route.clusters()) {
            out.writeBytes(
                3,
                PolicyWire.message(
                    inner -> {
                      inner.writeString(1, cluster.cluster());
                      inner.writeUInt32(2, cluster.weight());
                    }));
          }
        });
  }

  static List<AccessLog> accessLogs(ProtoMessage m) {
    return m.messages(5).stream().map(AccessLogWire::log).toList();
  }

  static Intake intake(ProtoMessage m) {
    return new Intake(
        switch (m.intNumber(1)) {
          case 0 -> Intake.ProxyHeader.NONE;
          case 1 -> Intake.ProxyHeader.OPTIONAL;
          case 2 -> Intake.ProxyHeader.REQUIRED;
          default -> throw new DecodeException("proxy_protocol: " + m.intNumber(1) + " is unknown");
        },
        switch (m.intNumber(2)) {
          case 0 -> Intake.PlainText.REFUSED;
          case 1 -> Intake.PlainText.SERVED;
          default -> throw new DecodeException("plain_text: " + m.intNumber(2) + " is unknown");
        },
        m.duration(3),
        m.messages(4).stream()
            .map(
                route ->
                    new TcpRoute(
                        route.text(1),
                        route.texts(2),
                        route.messages(3).stream()
                            .map(c -> new WeightedCluster(c.text(1), c.intNumber(2)))
                            .toList()))
            .toList(),
        m.optional(7).map(IntakeWire::originalDestination));
  }
}

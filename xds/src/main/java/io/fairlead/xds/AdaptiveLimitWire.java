package io.fairlead.xds;

import com.google.protobuf.ByteString;
import io.fairlead.resilience.AdaptiveLimitSettings;
import io.fairlead.resilience.LimitAlgorithm;

/** Adaptive limits on the wire, as {@code AdaptiveLimit} of policy.proto has them. Stateless. */
final class AdaptiveLimitWire {
  private AdaptiveLimitWire() {}

  static ByteString write(AdaptiveLimitSettings s) {
    return PolicyWire.message(
        out -> {
          out.writeUInt32(1, s.initialLimit());
          out.writeUInt32(2, s.minLimit());
          out.writeUInt32(3, s.maxLimit());
          switch (s.algorithm()) {
            case LimitAlgorithm.Gradient gradient -> out.writeBytes(4, write(gradient));
            case LimitAlgorithm.Aimd aimd -> out.writeBytes(5, write(aimd));
          }
        });
  }

  private static ByteString write(LimitAlgorithm.Gradient s) {
    return PolicyWire.message(
        out -> {
          out.writeDouble(1, s.backoffRatio());
          out.writeDouble(2, s.tolerance());
          out.writeUInt32(3, s.queueSize());
          out.writeDouble(4, s.smoothing());
          out.writeUInt32(5, s.longWindow());
        });
  }

  private static ByteString write(LimitAlgorithm.Aimd s) {
    return PolicyWire.message(
        out -> {
          out.writeDouble(1, s.backoffRatio());
          out.writeBytes(2, PolicyWire.duration(s.latencyThreshold()));
        });
  }

  static AdaptiveLimitSettings read(ProtoMessage m) {
    return new AdaptiveLimitSettings(
        m.has(5) ? aimd(m.message(5)) : gradient(m.message(4)),
        m.intNumber(1),
        m.intNumber(2),
        m.intNumber(3));
  }

  private static LimitAlgorithm gradient(ProtoMessage m) {
    return new LimitAlgorithm.Gradient(
        m.doubleNumber(1), m.doubleNumber(2), m.intNumber(3), m.doubleNumber(4), m.intNumber(5));
  }

  private static LimitAlgorithm aimd(ProtoMessage m) {
    return new LimitAlgorithm.Aimd(m.doubleNumber(1), m.duration(2));
  }
}

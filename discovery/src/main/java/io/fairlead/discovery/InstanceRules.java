package io.fairlead.discovery;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Collects every broken rule of one instance, so that a caller hears of all of them at once. */
final class InstanceRules {
  private static final int MAX_SERVICE = 63;
  private static final int MAX_ID = 128;
  private static final int MAX_HOST = 253;
  private static final int MAX_VERSION = 63;
  private static final int MAX_KEY = 128;
  private static final int MAX_LABELS = 32;
  private static final int MAX_LABEL_VALUE = 256;
  private static final int MAX_METADATA = 64;
  private static final int MAX_METADATA_VALUE = 1024;

  private final List<Fault> faults = new ArrayList<>();

  InstanceRules service(String service) {
    boolean label =
        !service.isEmpty()
            && service.length() <= MAX_SERVICE
            && service.chars().allMatch(c -> isLowerOrDigit(c) || c == '-')
            && service.charAt(0) != '-'
            && service.charAt(service.length() - 1) != '-';
    return check(
        label,
        new Fault(
            "service",
            service,
            "must be a DNS label: 1 to 63 of a-z, 0-9 and '-', '-' neither first nor last"));
  }

  InstanceRules id(String id) {
    boolean fits =
        isWord(id, MAX_ID, "._:@~-") && !id.isEmpty() && !id.equals(".") && !id.equals("..");
    return check(
        fits,
        new Fault("id", id, "must be 1 to 128 of A-Z, a-z, 0-9 and . _ : @ ~ -, not . or .."));
  }

  InstanceRules host(String host) {
    boolean fits = !host.isEmpty() && isWord(host, MAX_HOST, "._:-");
    return check(
        fits,
        new Fault(
            "host",
            host,
            "must be a DNS name, IPv4 or IPv6 literal without brackets, 1 to 253 characters"));
  }

  InstanceRules port(int port) {
    return check(
        port >= 1 && port <= 65_535,
        new Fault("port", Integer.toString(port), "must be 1 to 65535"));
  }

  InstanceRules version(String version) {
    return check(
        isWord(version, MAX_VERSION, "._+-"),
        new Fault("version", version, "must be at most 63 of A-Z, a-z, 0-9 and . _ + -"));
  }

  InstanceRules labels(Map<String, String> labels) {
    size("labels", labels, MAX_LABELS);
    labels.forEach(
        (key, value) -> {
          check(
              !key.isEmpty() && isWord(key, MAX_KEY, "._/-"),
              new Fault("labels", key, "each key must be 1 to 128 of A-Z, a-z, 0-9 and . _ / -"));
          value("labels." + key, value, MAX_LABEL_VALUE);
        });
    return this;
  }

  InstanceRules metadata(Map<String, String> metadata) {
    size("metadata", metadata, MAX_METADATA);
    metadata.forEach(
        (key, value) -> {
          check(
              !key.isEmpty() && key.length() <= MAX_KEY && isPrintable(key),
              new Fault("metadata", key, "each key must be 1 to 128 printable characters"));
          value("metadata." + key, value, MAX_METADATA_VALUE);
        });
    return this;
  }

  List<Fault> faults() {
    return List.copyOf(faults);
  }

  void verify() {
    if (!faults.isEmpty()) {
      throw new InvalidInstanceException(faults);
    }
  }

  private void size(String field, Map<String, String> map, int max) {
    check(
        map.size() <= max,
        new Fault(field, map.size() + " entries", "must have at most " + max + " entries"));
  }

  private void value(String field, String value, int max) {
    check(
        value.length() <= max && isPrintable(value),
        new Fault(field, value, "must be at most " + max + " printable characters"));
  }

  private InstanceRules check(boolean holds, Fault otherwise) {
    if (!holds) {
      faults.add(otherwise);
    }
    return this;
  }

  private static boolean isWord(String text, int max, String also) {
    return text.length() <= max
        && text.chars()
            .allMatch(c -> isLowerOrDigit(c) || (c >= 'A' && c <= 'Z') || also.indexOf(c) >= 0);
  }

  private static boolean isLowerOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }

  private static boolean isPrintable(String text) {
    return text.codePoints().noneMatch(c -> Character.isISOControl(c) || isLoneSurrogate(c));
  }

  private static boolean isLoneSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}

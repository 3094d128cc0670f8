package io.fairlead.demo;

import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Counters of one instance's inbound requests, as its sidecar's metrics show them. Immutable.
 *
 * @param requests since the sidecar's start
 * @param errors of them with a 5xx answer
 * @param buckets requests up to each duration in seconds, cumulative
 */
record InstanceFigures(long requests, long errors, TreeMap<Double, Long> buckets) {
  private static final Pattern LINE =
      Pattern.compile("(?m)^fairlead_(\\w+)\\{component=\"inbound\",([^}]*)\\} (\\d+)$");
  private static final Pattern CLASS_OR_BOUND = Pattern.compile("(code_class|le)=\"([^\"]+)\"");

  /** Reads a page in the text format of Prometheus; what is not there counts as 0. */
  static InstanceFigures parse(String page) {
    long requests = 0;
    long errors = 0;
    var buckets = new TreeMap<Double, Long>();
    var line = LINE.matcher(page);
    while (line.find()) {
      long value = Long.parseLong(line.group(3));
      var label = CLASS_OR_BOUND.matcher(line.group(2));
      var what = label.find() ? label.group(2) : "";
      if (line.group(1).equals("requests_total")) {
        requests += value;
        errors += what.equals("5xx") ? value : 0;
      } else if (line.group(1).equals("request_duration_seconds_bucket")) {
        double bound = what.equals("+Inf") ? Double.MAX_VALUE : Double.parseDouble(what);
        buckets.merge(bound, value, Long::sum);
      }
    }
    return new InstanceFigures(requests, errors, buckets);
  }

  /** What happened since an earlier reading; a sidecar that began anew counts from its start. */
  InstanceFigures since(InstanceFigures earlier) {
    if (earlier.requests > requests) {
      return this;
    }
    var between = new TreeMap<Double, Long>();
    buckets.forEach(
        (bound, count) -> between.put(bound, count - earlier.buckets.getOrDefault(bound, 0L)));
    return new InstanceFigures(requests - earlier.requests, errors - earlier.errors, between);
  }

  /** The least bound in milliseconds below which this share of the requests lies. */
  String percentile(double percent) {
    long all = buckets.isEmpty() ? 0 : buckets.lastEntry().getValue();
    if (all == 0) {
      return "-";
    }
    for (var bucket : buckets.entrySet()) {
      if (bucket.getValue() >= percent / 100 * all) {
        return bucket.getKey() == Double.MAX_VALUE
            ? "> 10 s"
            : "<= %s ms".formatted(Math.round(bucket.getKey() * 10_000) / 10.0);
      }
    }
    return "-";
  }
}

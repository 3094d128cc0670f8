package io.fairlead.telemetry;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Writes metrics in the Prometheus text format 0.0.4. For one thread and one page.
 *
 * <p>A metric is begun by {@link #counter}, {@link #gauge} or {@link #histogram}; all its samples
 * follow before the next one begins, as the format wants it.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">the format</a>
 */
public final class PrometheusText {
  /** The value of {@code content-type}. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");

  private final StringBuilder out = new StringBuilder(4_096);
  private final Set<String> names = new HashSet<>();
  private String name = "";

  /** Begins a count that only grows; by custom the name ends in {@code _total}. */
  public PrometheusText counter(String name, String help) {
    return begin(name, help, "counter");
  }

  /** Begins a value that goes up and down. */
  public PrometheusText gauge(String name, String help) {
    return begin(name, help, "gauge");
  }

  /** Begins a histogram; by custom the name ends in its unit, such as {@code _seconds}. */
  public PrometheusText histogram(String name, String help) {
    return begin(name, help, "histogram");
  }

  /** A sample of the counter or gauge begun last. */
  public PrometheusText sample(Labels labels, long value) {
    series("", labels.toString()).append(value).append('\n');
    return this;
  }

  /** A sample of the counter or gauge begun last. */
  public PrometheusText sample(Labels labels, double value) {
    number(series("", labels.toString()), value).append('\n');
    return this;
  }

  /** A sample of the histogram begun last. */
  public PrometheusText sample(Labels labels, HistogramSnapshot value) {
    String comma = labels.toString().isEmpty() ? "" : labels + ",";
    for (int i = 0; i < value.size(); i++) {
      String bound = number(new StringBuilder(), value.bound(i)).toString();
      series("_bucket", comma + "le=\"" + bound + '"').append(value.countUpTo(i)).append('\n');
    }
    series("_bucket", comma + "le=\"+Inf\"").append(value.count()).append('\n');
    number(series("_sum", labels.toString()), value.sum()).append('\n');
    series("_count", labels.toString()).append(value.count()).append('\n');
    return this;
  }

  /** The page so far. */
  @Override
  public String toString() {
    return out.toString();
  }

  private PrometheusText begin(String name, String help, String type) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("metric name: must match " + NAME + ", was " + name);
    }
    if (!names.add(name)) {
      throw new IllegalArgumentException(
          "metric name: must be begun once per page, was begun again: " + name);
    }
    this.name = name;
    String line = help.replace("\\", "\\\\").replace("\n", "\\n");
    out.append("# HELP ").append(name).append(' ').append(line).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    return this;
  }

  private StringBuilder series(String suffix, String labels) {
    if (name.isEmpty()) {
      throw new IllegalStateException("a sample must follow a metric, but none was begun");
    }
    out.append(name).append(suffix);
    if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    return out.append(' ');
  }

  private static StringBuilder number(StringBuilder out, double value) {
    if (Double.isInfinite(value)) {
      return out.append(value > 0 ? "+Inf" : "-Inf");
    }
    boolean whole = value == Math.rint(value) && Math.abs(value) < 1e15;
    return whole ? out.append((long) value) : out.append(value);
  }
}

package io.fairlead.discovery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The JSON forms of the registry's native HTTP API, shared by its server and its client. Stateless
 * and safe for use by many threads. Encoded text is UTF-8 on one line.
 */
public final class CatalogJson {
  private CatalogJson() {}

  /** Body of a registration; service and id travel in the path. */
  public static byte[] registration(RegistrationRequest request) {
    return encode(
        json -> {
          json.writeStartObject();
          instanceBody(json, request.instance());
          json.writeNumberField("leaseSeconds", request.lease().toSeconds());
          json.writeEndObject();
        });
  }

  /**
   * Reads the body of a registration.
   *
   * @throws InvalidInstanceException naming everything that is wrong, unknown fields included
   */
  public static RegistrationRequest readRegistration(InstanceKey key, byte[] body) {
    var faults = new ArrayList<Fault>();
    var fields = JsonFields.of(parse(body), "", faults::add);
    String host = fields.text("host");
    long port = fields.integer("port");
    String version = fields.textOr("version", "");
    var labels = fields.textsOr("labels", Map.of());
    var metadata = fields.textsOr("metadata", Map.of());
    var status = fields.wordOr("status", HealthStatus.UP);
    long defaultLease = RegistrationRequest.DEFAULT_LEASE.toSeconds();
    long leaseSeconds = fields.integerOr("leaseSeconds", defaultLease);
    fields.refuseOthers();

    // The rules speak only of fields that were read: one fault per field.
    var rules = new InstanceRules();
    rules.host(host).port(clamp(port)).version(version).labels(labels).metadata(metadata);
    rules.faults().stream().filter(fault -> !speaksOf(faults, fault)).forEach(faults::add);
    if (leaseSeconds < 1 || leaseSeconds > Duration.ofDays(1).toSeconds()) {
      faults.add(RegistrationRequest.leaseFault(Long.toString(leaseSeconds)));
    }
    if (!faults.isEmpty()) {
      throw new InvalidInstanceException(faults);
    }
    var instance =
        new Instance(key.service(), key.id(), host, clamp(port), version, labels, metadata, status);
    return new RegistrationRequest(instance, Duration.ofSeconds(leaseSeconds));
  }

  /** The whole catalog, or the part of it that was asked for. */
  public static byte[] snapshot(CatalogSnapshot snapshot) {
    return encode(json -> snapshot(json, snapshot));
  }

  /**
   * Reads a catalog.
   *
   * @throws IOException if the text is not one
   */
  public static CatalogSnapshot readSnapshot(byte[] text) throws IOException {
    return decode(text, CatalogJson::snapshot);
  }

  /** One instance. */
  public static byte[] instance(Instance instance) {
    return encode(json -> instance(json, instance));
  }

  /** One service with its instances. */
  public static byte[] service(ServiceView view) {
    return encode(json -> view(json, view));
  }

  /**
   * Reads one service.
   *
   * @throws IOException if the text is not one
   */
  public static ServiceView readService(byte[] text) throws IOException {
    return decode(text, CatalogJson::view);
  }

  /** Data of one event of a watch. */
  public static byte[] event(CatalogEvent event) {
    return encode(
        json -> {
          switch (event) {
            case CatalogEvent.Resync resync -> snapshot(json, resync.snapshot());
            case CatalogChange.Put put -> {
              json.writeStartObject();
              json.writeNumberField("version", put.version());
              json.writeFieldName("instance");
              instance(json, put.instance());
              json.writeEndObject();
            }
            case CatalogChange.Removed removed -> {
              json.writeStartObject();
              json.writeNumberField("version", removed.version());
              json.writeStringField("service", removed.key().service());
              json.writeStringField("id", removed.key().id());
              json.writeStringField("reason", removed.reason().name());
              json.writeEndObject();
            }
          }
        });
  }

  /** Name of the event on the wire: {@code put}, {@code removed} or {@code resync}. */
  public static String eventName(CatalogEvent event) {
    return switch (event) {
      case CatalogEvent.Resync resync -> "resync";
      case CatalogChange.Put put -> "put";
      case CatalogChange.Removed removed -> "removed";
    };
  }

  /**
   * Reads one event of a watch.
   *
   * @throws IOException if the name is not known or the data are not an event of that name
   */
  public static CatalogEvent readEvent(String name, byte[] data) throws IOException {
    return switch (name) {
      case "resync" -> new CatalogEvent.Resync(readSnapshot(data));
      case "put" ->
          decode(
              data,
              fields ->
                  new CatalogChange.Put(
                      fields.integer("version"), instance(fields.child("instance"))));
      case "removed" ->
          decode(
              data,
              fields ->
                  new CatalogChange.Removed(
                      fields.integer("version"),
                      new InstanceKey(fields.text("service"), fields.text("id")),
                      fields.wordOr("reason", CatalogChange.RemovalReason.DEREGISTERED)));
      default -> throw new IOException("unknown event '" + name + "'");
    };
  }

  /** A problem in the form of RFC 9457. */
  public static byte[] problem(Problem problem) {
    return encode(
        json -> {
          json.writeStartObject();
          json.writeStringField("title", problem.title());
          json.writeNumberField("status", problem.status());
          json.writeStringField("detail", problem.detail());
          json.writeArrayFieldStart("faults");
          for (Fault fault : problem.faults()) {
            json.writeStartObject();
            json.writeStringField("field", fault.field());
            json.writeStringField("value", fault.value());
            json.writeStringField("rule", fault.rule());
            json.writeStringField("message", fault.message());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  /**
   * Reads a problem.
   *
   * @throws IOException if the text is not one
   */
  public static Problem readProblem(byte[] text) throws IOException {
    return decode(
        text,
        fields -> {
          var faults = new ArrayList<Fault>();
          for (JsonFields fault : fields.children("faults")) {
            faults.add(new Fault(fault.text("field"), fault.text("value"), fault.text("rule")));
          }
          int status = (int) fields.integer("status");
          return new Problem(status, fields.text("title"), fields.text("detail"), faults);
        });
  }

  private static void snapshot(JsonGenerator json, CatalogSnapshot snapshot) throws IOException {
    json.writeStartObject();
    json.writeStringField("catalogId", snapshot.catalogId());
    json.writeNumberField("version", snapshot.version());
    json.writeArrayFieldStart("services");
    for (ServiceView view : snapshot.services().values()) {
      view(json, view);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void view(JsonGenerator json, ServiceView view) throws IOException {
    json.writeStartObject();
    json.writeStringField("service", view.service());
    json.writeNumberField("version", view.version());
    json.writeArrayFieldStart("instances");
    for (Instance instance : view.instances().values()) {
      instance(json, instance);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void instance(JsonGenerator json, Instance instance) throws IOException {
    json.writeStartObject();
    json.writeStringField("service", instance.service());
    json.writeStringField("id", instance.id());
    instanceBody(json, instance);
    json.writeEndObject();
  }

  private static void instanceBody(JsonGenerator json, Instance instance) throws IOException {
    json.writeStringField("host", instance.host());
    json.writeNumberField("port", instance.port());
    json.writeStringField("version", instance.version());
    texts(json, "labels", instance.labels());
    texts(json, "metadata", instance.metadata());
    json.writeStringField("status", instance.status().name());
  }

  private static void texts(JsonGenerator json, String name, Map<String, String> texts)
      throws IOException {
    json.writeObjectFieldStart(name);
    for (var entry : texts.entrySet()) {
      json.writeStringField(entry.getKey(), entry.getValue());
    }
    json.writeEndObject();
  }

  private static CatalogSnapshot snapshot(JsonFields fields) {
    var services = new TreeMap<String, ServiceView>();
    for (JsonFields child : fields.children("services")) {
      var view = view(child);
      services.put(view.service(), view);
    }
    return new CatalogSnapshot(fields.text("catalogId"), fields.integer("version"), services);
  }

  private static ServiceView view(JsonFields fields) {
    var instances = new TreeMap<String, Instance>();
    for (JsonFields child : fields.children("instances")) {
      var instance = instance(child);
      instances.put(instance.id(), instance);
    }
    return new ServiceView(fields.text("service"), fields.integer("version"), instances);
  }

  private static Instance instance(JsonFields fields) {
    return new Instance(
        fields.text("service"),
        fields.text("id"),
        fields.text("host"),
        clamp(fields.integer("port")),
        fields.textOr("version", ""),
        fields.textsOr("labels", Map.of()),
        fields.textsOr("metadata", Map.of()),
        fields.wordOr("status", HealthStatus.UP));
  }

  /** Keeps a number that does not fit an int out of every permitted range. */
  private static int clamp(long number) {
    return number == (int) number ? (int) number : -1;
  }

  private static boolean speaksOf(List<Fault> faults, Fault other) {
    return faults.stream().anyMatch(fault -> fault.field().equals(other.field()));
  }

  private static Object parse(byte[] body) {
    try {
      return JsonTree.read(body);
    } catch (IOException e) {
      String text = new String(body, 0, Math.min(body.length, Fault.MAX_VALUE), UTF_8);
      throw new InvalidInstanceException(
          List.of(new Fault("body", text, "must be JSON: " + firstLine(e))));
    }
  }

  private static <T> T decode(byte[] text, Function<JsonFields, T> reader) throws IOException {
    var faults = new ArrayList<Fault>();
    try {
      T value = reader.apply(JsonFields.of(JsonTree.read(text), "", faults::add));
      if (faults.isEmpty()) {
        return value;
      }
    } catch (IllegalArgumentException e) {
      if (faults.isEmpty()) {
        throw new IOException("not the registry's JSON: " + e.getMessage(), e);
      }
    }
    throw new IOException("not the registry's JSON: " + faults.getFirst().message());
  }

  private static String firstLine(IOException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable");
  }

  private static byte[] encode(Body body) {
    var bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JsonTree.FACTORY.createGenerator(bytes)) {
      body.writeTo(json);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private interface Body {
    void writeTo(JsonGenerator json) throws IOException;
  }
}

package io.fairlead.discovery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogJsonTest {
  private static final InstanceKey KEY = new InstanceKey("payment", "p1");
  private static final Instance FULL =
      new Instance(
          "payment",
          "p1",
          "10.0.0.7",
          8080,
          "v2",
          Map.of("zone", "east", "team", "gäste"),
          Map.of("note", "\"quoted\" \\ 🚢"),
          HealthStatus.STARTING);

  @Test
  void aRegistrationIsReadAsWritten() {
    var request = new RegistrationRequest(FULL, Duration.ofSeconds(45));

    assertThat(CatalogJson.readRegistration(KEY, CatalogJson.registration(request)))
        .isEqualTo(request);
  }

  @Test
  void hostAndPortAreEnoughForARegistration() {
    assertThat(CatalogJson.readRegistration(KEY, bytes("{\"host\":\"h\",\"port\":80}")))
        .isEqualTo(new RegistrationRequest(Instance.of(KEY, "h", 80), Duration.ofSeconds(30)));
  }

  @Test
  void everyFaultOfARegistrationIsNamedAtOnce() {
    var text =
        """
        {"host":7,"port":"80","version":"a b","lables":{},"status":"GREEN","leaseSeconds":0,
         "labels":{"k":1},"surprise":true}""";

    assertThat(faults(text))
        .extracting(Fault::message)
        .containsExactly(
            "host: must be a string, was '7'",
            "port: must be a whole number, was '80'",
            "labels.k: must be a string, was '1'",
            "status: must be one of [UP, STARTING, DOWN, OUT_OF_SERVICE], was 'GREEN'",
            "lables: is not a known field (did you mean 'labels'?), was '{}'",
            "surprise: is not a known field, known are host labels leaseSeconds metadata port"
                + " status version, was 'true'",
            "version: must be at most 63 of A-Z, a-z, 0-9 and . _ + -, was 'a b'",
            "leaseSeconds: must be a whole number of seconds, 1 to 86400, was '0'");
  }

  @Test
  void missingFieldsAreNamed() {
    assertThat(faults("{}"))
        .extracting(Fault::message)
        .containsExactly(
            "host: is required and must be a string, was empty",
            "port: is required and must be a whole number, was empty");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[",
        "{\"host\":}",
        "{\"a\":1,\"a\":2}",
        "{} {}",
        "nul",
        "[[[[[[[[[[[[[[[[[[["
      })
  void whatIsNotJsonIsRefused(String text) {
    assertThat(faults(text)).singleElement().extracting(Fault::field).isEqualTo("body");
  }

  @Test
  void aBodyThatIsNotAnObjectIsRefused() {
    assertThat(faults("[]").getFirst().message())
        .isEqualTo("body: must be a JSON object, was '[]'");
  }

  @Test
  void snapshotsAndEventsAreReadAsWritten() throws IOException {
    var random = new Random(7);
    var snapshot = new CatalogSnapshot("c1", 0, Map.of());
    for (int version = 1; version <= 200; version++) {
      var key = new InstanceKey("s" + random.nextInt(5), "i" + random.nextInt(4));
      CatalogEvent event =
          random.nextInt(3) == 0
              ? new CatalogChange.Removed(version, key, CatalogChange.RemovalReason.EXPIRED)
              : new CatalogChange.Put(
                  version, Instance.of(key, "h", 1 + random.nextInt(9)).withVersion("v" + version));
      snapshot = snapshot.apply(reread(event));

      assertThat(reread(event)).isEqualTo(event);
      assertThat(CatalogJson.readSnapshot(CatalogJson.snapshot(snapshot))).isEqualTo(snapshot);
    }
    var resync = new CatalogEvent.Resync(snapshot);
    assertThat(reread(resync)).isEqualTo(resync);
  }

  @Test
  void problemsAreReadAsWritten() throws IOException {
    var problem = Problem.invalid(List.of(new Fault("port", "0", "must be 1 to 65535")));

    assertThat(CatalogJson.readProblem(CatalogJson.problem(problem))).isEqualTo(problem);
  }

  @Test
  void theReaderOfAnswersToleratesFieldsOfLaterReleases() throws IOException {
    var text = "{\"service\":\"s\",\"version\":3,\"instances\":[],\"later\":{}}";

    assertThat(CatalogJson.readService(bytes(text))).isEqualTo(new ServiceView("s", 3, Map.of()));
  }

  @Test
  void aBrokenAnswerIsAnIoErrorThatSaysWhatIsWrong() {
    assertThatThrownBy(() -> CatalogJson.readSnapshot(bytes("{\"catalogId\":\"c\"}")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("services: is required");
    assertThatThrownBy(
            () ->
                CatalogJson.readEvent(
                    "put",
                    bytes(
                        "{\"version\":1,\"instance\":"
                            + "{\"service\":\"S\",\"id\":\"1\",\"host\":\"h\",\"port\":1}}")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("service: must be a DNS label");
  }

  private static CatalogEvent reread(CatalogEvent event) throws IOException {
    return CatalogJson.readEvent(CatalogJson.eventName(event), CatalogJson.event(event));
  }

  private static List<Fault> faults(String text) {
    return catchThrowableOfType(
            InvalidInstanceException.class, () -> CatalogJson.readRegistration(KEY, bytes(text)))
        .faults();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}

package io.fairlead.proxy.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.proxy.exchange.ResponseFlags.Ending;
import io.fairlead.proxy.exchange.ResponseFlags.Facts;
import io.fairlead.proxy.exchange.ResponseFlags.Routed;
import io.fairlead.proxy.exchange.ResponseFlags.Tried;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResponseFlagsTest {
  private static String flags(Facts facts) {
    return ResponseFlags.text(ResponseFlags.of(facts));
  }

  @ParameterizedTest
  @CsvSource({
    "BAD_REQUEST, DPE, bad_request",
    "UNAUTHORIZED, -, unauthorized",
    "FORBIDDEN, -, rbac_access_denied",
    "NO_ROUTE, NR, route_not_found",
    "REQUEST_TIMEOUT, SI, request_overall_timeout",
    "BODY_TOO_LARGE, -, request_payload_too_large",
    "RATE_LIMITED, RL, local_rate_limited",
    "UPSTREAM_RESET, UC, upstream_reset_before_response_started{connection_termination}",
    "UPSTREAM_PROTOCOL, UPE, upstream_reset_before_response_started{protocol_error}",
    "NO_KEYS, -, jwks_fetch_failed",
    "CIRCUIT_OPEN, UO, circuit_open",
    "NO_HEALTHY_UPSTREAM, UH, no_healthy_upstream",
    "CONNECT_FAILED, UF, upstream_reset_before_response_started{remote_connection_failure}",
    "UPSTREAM_TLS, UF, upstream_reset_before_response_started{remote_connection_failure|tls}",
    "BULKHEAD_FULL, UO, bulkhead_full",
    "CONCURRENCY_LIMIT, UO, concurrency_limit",
    "OVERLOAD, UO, overload",
    "DRAINING, -, draining",
    "TIMEOUT, UT, upstream_response_timeout",
    "FAULT_INJECTED, FI, fault_filter_abort",
    "CORS_PREFLIGHT, -, cors_preflight",
    "REDIRECT, -, direct_response",
    "DIRECT_RESPONSE, -, direct_response",
  })
  void everyReasonHasItsFlagAndDetails(Reason reason, String flag, String details) {
    assertThat(flags(new Facts(reason, Ending.WHOLE, Routed.TO_CLUSTER, Tried.SOME, 0)))
        .isEqualTo(flag);
    assertThat(ResponseFlags.details(reason, false, 0)).isEqualTo(details);
  }

  @Test
  void theTableHasEveryReason() throws NoSuchMethodException {
    var table =
        ResponseFlagsTest.class
            .getDeclaredMethod(
                "everyReasonHasItsFlagAndDetails", Reason.class, String.class, String.class)
            .getAnnotation(CsvSource.class);
    assertThat(Arrays.stream(table.value()).map(row -> Reason.valueOf(row.split(",")[0])))
        .containsExactlyInAnyOrder(Reason.values());
  }

  @Test
  void overloadWithoutAClusterIsTheProxysOwn() {
    assertThat(flags(new Facts(Reason.OVERLOAD, Ending.WHOLE, Routed.NOWHERE, Tried.SOME, 0)))
        .isEqualTo("OM");
  }

  @Test
  void clientThatGoesIsTold() {
    assertThat(flags(new Facts(null, Ending.CUT, Routed.TO_CLUSTER, Tried.SOME, 0)))
        .isEqualTo("DC");
  }

  @Test
  void silenceGoesBeforeLateness() {
    int silent = ResponseFlag.STREAM_IDLE_TIMEOUT.bit();
    assertThat(flags(new Facts(Reason.TIMEOUT, Ending.CUT, Routed.TO_CLUSTER, Tried.SOME, silent)))
        .isEqualTo("SI");
    assertThat(ResponseFlags.details(Reason.TIMEOUT, true, silent))
        .isEqualTo("stream_idle_timeout");
  }

  @Test
  void flagsAreListedInOneOrder() {
    int delayed = ResponseFlag.DELAY_INJECTED.bit();
    int flags =
        ResponseFlags.of(
            new Facts(Reason.UPSTREAM_RESET, Ending.CUT, Routed.TO_CLUSTER, Tried.ALL, delayed));
    assertThat(ResponseFlags.text(flags)).isEqualTo("URX,UC,DI");
    assertThat(ResponseFlags.longText(flags))
        .isEqualTo("UpstreamRetryLimitExceeded,UpstreamConnectionTermination,DelayInjected");
    assertThat(ResponseFlags.details(Reason.UPSTREAM_RESET, true, 0))
        .isEqualTo("upstream_reset_after_response_started{connection_termination}");
  }

  @Test
  void refusalOfTheServiceThatIsAskedIsToldFromOurOwn() {
    int external = ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE.bit();
    assertThat(
            flags(new Facts(Reason.FORBIDDEN, Ending.WHOLE, Routed.NOWHERE, Tried.SOME, external)))
        .isEqualTo("UAEX");
    assertThat(ResponseFlags.details(Reason.FORBIDDEN, false, external))
        .isEqualTo("ext_authz_denied");
  }

  @Test
  void nothingSpecialIsADash() {
    assertThat(flags(new Facts(null, Ending.WHOLE, Routed.TO_CLUSTER, Tried.SOME, 0)))
        .isEqualTo("-");
  }
}
